"""What a search tries next, when it stops a cell, and what mattered."""

from ablate.sampling.importances import importances, rated_cells
from ablate.sampling.preview import POINTS, Preview, look_at_space
from ablate.sampling.pruners import Rung, is_behind, margin_at, optuna_pruner, rung_at
from ablate.sampling.samplers import Told, distribution, suggest
from ablate.sampling.suggestions import (
    Seen,
    Suggester,
    history_of,
    judge,
    next_values,
    objectives_of,
    take_up_space,
)

__all__ = [
    "POINTS",
    "Preview",
    "Rung",
    "Seen",
    "Suggester",
    "Told",
    "distribution",
    "history_of",
    "importances",
    "is_behind",
    "judge",
    "look_at_space",
    "margin_at",
    "next_values",
    "objectives_of",
    "optuna_pruner",
    "rated_cells",
    "rung_at",
    "suggest",
    "take_up_space",
]
