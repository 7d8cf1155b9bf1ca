"""A study -> plan -> cells executed -> record. The only room that knows Optuna."""

from ablate.search.executor import Event, default_jobs, parallel
from ablate.search.folder import RunFolder, open_folder
from ablate.search.plan import Plan, PlannedCell, plan
from ablate.search.running import RETRIABLE, Summary, rows, run, seconds_left, summary

__all__ = [
    "RETRIABLE",
    "Event",
    "Plan",
    "PlannedCell",
    "RunFolder",
    "Summary",
    "default_jobs",
    "open_folder",
    "parallel",
    "plan",
    "rows",
    "run",
    "seconds_left",
    "summary",
]
