"""A cell -> its result: the loop, schedules, checkpoints, determinism."""

from ablate.training.execution import Execution
from ablate.training.folder import CellFolder, run_cell
from ablate.training.loop import Epoch, Fit, Progress, fit
from ablate.training.seeds import child_seed

__all__ = [
    "CellFolder",
    "Epoch",
    "Execution",
    "Fit",
    "Progress",
    "child_seed",
    "fit",
    "run_cell",
]
