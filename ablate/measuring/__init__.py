"""Networks of a study -> what a step of them costs, measured on a device that is theirs alone."""

from ablate.measuring.folder import head_of, prepare
from ablate.measuring.joined import newest_by_cell
from ablate.measuring.networks import Event, measure
from ablate.measuring.rows import Row, read_rows
from ablate.measuring.subjects import Subject, subjects_of, subjects_of_run

__all__ = [
    "Event",
    "Row",
    "Subject",
    "head_of",
    "measure",
    "newest_by_cell",
    "prepare",
    "read_rows",
    "subjects_of",
    "subjects_of_run",
]
