"""From a plan to a finished run folder: claim, pack, train, tell, reap."""

from ablate.engine.claiming import Rules, by_turn
from ablate.engine.confirm import Confirmation, confirm, confirmation
from ablate.engine.options import RunOptions
from ablate.engine.plan import plan, plan_study, preview
from ablate.engine.recovery import rebuild
from ablate.engine.run import run, train_plan
from ablate.engine.worker import Assignment, Worker

__all__ = [
    "Assignment",
    "Confirmation",
    "Rules",
    "RunOptions",
    "Worker",
    "by_turn",
    "confirm",
    "confirmation",
    "plan",
    "plan_study",
    "preview",
    "rebuild",
    "run",
    "train_plan",
]
