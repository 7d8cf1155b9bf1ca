"""A study -> plan -> cells executed -> record. The only room that knows Optuna."""

from ablate.search.confirming import (
    SELECTION,
    Chosen,
    Confirmation,
    Look,
    confirm,
    looks,
    plan_confirmation,
)
from ablate.search.executor import Event, cores, default_jobs, parallel
from ablate.search.folder import RunFolder, matched_in, open_folder
from ablate.search.importances import RatedCells, importances, rated_cells
from ablate.search.packing import PerDevice
from ablate.search.plan import Plan, PlannedCell, plan
from ablate.search.preview import Preview, preview
from ablate.search.rounds import run_rounds
from ablate.search.running import RETRIABLE, run
from ablate.search.standing import SearchSummary, Summary, rows, seconds_left, summary

__all__ = [
    "RETRIABLE",
    "SELECTION",
    "Chosen",
    "Confirmation",
    "Event",
    "Look",
    "PerDevice",
    "Plan",
    "PlannedCell",
    "Preview",
    "RatedCells",
    "RunFolder",
    "SearchSummary",
    "Summary",
    "confirm",
    "cores",
    "default_jobs",
    "importances",
    "looks",
    "matched_in",
    "open_folder",
    "parallel",
    "plan",
    "plan_confirmation",
    "preview",
    "rated_cells",
    "rows",
    "run",
    "run_rounds",
    "seconds_left",
    "summary",
]
