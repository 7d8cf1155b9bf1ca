"""A cell -> its result: the loop, schedules, checkpoints, determinism."""

from ablate.training.altering import Altered
from ablate.training.capturing import capture
from ablate.training.execution import SHARE_OF_MEMORY, Execution, executing, searching
from ablate.training.folder import run_cell
from ablate.training.loop import EVALUATION_BATCH, assist, fit
from ablate.training.optimizing import make_optimizer, make_schedule
from ablate.training.predicting import predict
from ablate.training.ranks import Ranks, join_ranks, meeting_place
from ablate.training.results import Epoch, Progress
from ablate.training.stepping import EvaluationStep, Step, TrainingStep, autocast

__all__ = [
    "EVALUATION_BATCH",
    "SHARE_OF_MEMORY",
    "Altered",
    "Epoch",
    "EvaluationStep",
    "Execution",
    "Progress",
    "Ranks",
    "Step",
    "TrainingStep",
    "assist",
    "autocast",
    "capture",
    "executing",
    "fit",
    "join_ranks",
    "make_optimizer",
    "make_schedule",
    "meeting_place",
    "predict",
    "run_cell",
    "searching",
]
