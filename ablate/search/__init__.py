"""A study -> plan -> cells executed -> record. The only room that knows Optuna."""

from ablate.search.executor import Event, default_jobs
from ablate.search.folder import RunFolder, open_folder
from ablate.search.plan import Plan, PlannedCell, plan
from ablate.search.running import Summary, rows, run, seconds_left, summary

__all__ = [
    "Event",
    "Plan",
    "PlannedCell",
    "RunFolder",
    "Summary",
    "default_jobs",
    "open_folder",
    "plan",
    "rows",
    "run",
    "seconds_left",
    "summary",
]
