"""Numbers in, numbers out."""

from ablate.statistics.efficiency import efficiency_curve, log_ratios
from ablate.statistics.frontier import knee_of, undominated
from ablate.statistics.hypervolume import gains, hypervolume
from ablate.statistics.intervals import paired_p, t_interval
from ablate.statistics.main_effects import Observation, is_full, main_effect

__all__ = [
    "Observation",
    "efficiency_curve",
    "gains",
    "hypervolume",
    "is_full",
    "knee_of",
    "log_ratios",
    "main_effect",
    "paired_p",
    "t_interval",
    "undominated",
]
