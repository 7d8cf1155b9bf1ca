"""From a plan to a finished run folder: claim, pack, train, tell, reap."""

from ablate.engine.claiming import Rules, by_turn
from ablate.engine.confirmations import confirm, confirmation
from ablate.engine.confirming import Confirmation, plan_confirmation, train_confirmation
from ablate.engine.planning import plan_study
from ablate.engine.recovery import Rebuilt, rebuild
from ablate.engine.rounds import run_rounds
from ablate.engine.running import train_plan
from ablate.engine.verbs import plan, preview, run
from ablate.engine.worker import Assignment, Worker

__all__ = [
    "Assignment",
    "Confirmation",
    "Rebuilt",
    "Rules",
    "Worker",
    "by_turn",
    "confirm",
    "confirmation",
    "plan",
    "plan_confirmation",
    "plan_study",
    "preview",
    "rebuild",
    "run",
    "run_rounds",
    "train_confirmation",
    "train_plan",
]
