"""A cell -> its result: the loop, schedules, checkpoints, determinism."""

from ablate.training.execution import Execution, check_device
from ablate.training.folder import CellFolder, run_cell
from ablate.training.loop import fit
from ablate.training.predicting import predict
from ablate.training.results import Epoch, Fit, Progress
from ablate.training.seeds import child_seed

__all__ = [
    "CellFolder",
    "Epoch",
    "Execution",
    "Fit",
    "Progress",
    "check_device",
    "child_seed",
    "fit",
    "predict",
    "run_cell",
]
