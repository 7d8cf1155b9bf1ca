"""Networks of a study -> what a step of them costs, measured on a device that is theirs alone."""

from ablate.measuring.folder import head_of, prepare
from ablate.measuring.implementations import build_as, count, why_not
from ablate.measuring.joined import newest_by_cell
from ablate.measuring.networks import Event, measure
from ablate.measuring.rows import Row, read_rows
from ablate.measuring.stepping import latency, training_step
from ablate.measuring.subjects import Subject, subjects_of, subjects_of_run

__all__ = [
    "Event",
    "Row",
    "Subject",
    "build_as",
    "count",
    "head_of",
    "latency",
    "measure",
    "newest_by_cell",
    "prepare",
    "read_rows",
    "subjects_of",
    "subjects_of_run",
    "training_step",
    "why_not",
]
