"""From a plan to a finished run folder: claim, pack, train, tell, reap."""

from ablate.engine.answers import class_errors, predictions, reader
from ablate.engine.claiming import by_turn
from ablate.engine.confirmations import confirm, confirmation
from ablate.engine.confirming import Confirmation, plan_confirmation, train_confirmation
from ablate.engine.executor import parallel
from ablate.engine.planning import plan_study
from ablate.engine.rounds import run_rounds
from ablate.engine.running import RETRIABLE, train_plan
from ablate.engine.verbs import plan, preview, run

__all__ = [
    "RETRIABLE",
    "Confirmation",
    "by_turn",
    "class_errors",
    "confirm",
    "confirmation",
    "parallel",
    "plan",
    "plan_confirmation",
    "plan_study",
    "predictions",
    "preview",
    "reader",
    "run",
    "run_rounds",
    "train_confirmation",
    "train_plan",
]
