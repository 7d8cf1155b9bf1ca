"""Numbers in, numbers out."""

from ablate.statistics.frontier import undominated
from ablate.statistics.hypervolume import added, hypervolume
from ablate.statistics.intervals import SAME, t_interval

__all__ = [
    "SAME",
    "added",
    "hypervolume",
    "t_interval",
    "undominated",
]
