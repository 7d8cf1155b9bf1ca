"""Numbers in, numbers out."""

from ablate.statistics.efficiency import efficiency_curve
from ablate.statistics.frontier import undominated
from ablate.statistics.hypervolume import added, hypervolume
from ablate.statistics.intervals import paired_p, t_interval

__all__ = [
    "added",
    "efficiency_curve",
    "hypervolume",
    "paired_p",
    "t_interval",
    "undominated",
]
