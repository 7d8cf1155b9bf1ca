"""From a plan to a finished run folder: check, train with workers, grow, confirm, rebuild."""

from ablate.engine.confirm import Confirmation, confirm, confirmation
from ablate.engine.plan import plan, plan_study, preview
from ablate.engine.recovery import rebuild
from ablate.engine.rehearsal import Rehearsal, rehearse
from ablate.engine.run import run, train_plan

__all__ = [
    "Confirmation",
    "Rehearsal",
    "confirm",
    "confirmation",
    "plan",
    "plan_study",
    "preview",
    "rebuild",
    "rehearse",
    "run",
    "train_plan",
]
