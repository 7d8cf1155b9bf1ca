"""The record of a run: its folder, its plan, and every attempt at a cell."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later
from ablate.records.attempt import Attempt, AttemptState
from ablate.records.attempts import Attempts, are_hopeless
from ablate.records.documents import read_document
from ablate.records.folder import RunFolder, open_folder, planned_cells, read_plan
from ablate.records.history import Moment
from ablate.records.plan import Plan
from ablate.records.standing import (
    SearchSummary,
    Snapshot,
    Summary,
    rows,
    saved_share,
    search_line,
    seconds_left,
    snapshot,
    summary,
)

# What writes a record, or reads images or networks, which a reader of the record need not wait for.
if TYPE_CHECKING:
    from ablate.records.answers import Answers
    from ablate.records.joined import key_of_cell, newest_by_cell
    from ablate.records.measurements import Row, head_of, network_key, read_rows, write_rows
    from ablate.records.prepare import (
        check_extends,
        check_folder,
        list_cells,
        matched_in,
        prepare_folder,
        run_path,
    )
    from ablate.records.record import Record

__all__ = [
    "Answers",
    "Attempt",
    "AttemptState",
    "Attempts",
    "Moment",
    "Plan",
    "Record",
    "Row",
    "RunFolder",
    "SearchSummary",
    "Snapshot",
    "Summary",
    "are_hopeless",
    "check_extends",
    "check_folder",
    "head_of",
    "key_of_cell",
    "list_cells",
    "matched_in",
    "network_key",
    "newest_by_cell",
    "open_folder",
    "planned_cells",
    "prepare_folder",
    "read_document",
    "read_plan",
    "read_rows",
    "rows",
    "run_path",
    "saved_share",
    "search_line",
    "seconds_left",
    "snapshot",
    "summary",
    "write_rows",
]

__getattr__ = opened_later(__name__, __file__)
