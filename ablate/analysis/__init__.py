"""Records -> tidy tables: means with intervals, paired differences, frontiers, curves."""

from ablate.analysis.choose import Choice, best, check_cost, knee, pareto
from ablate.analysis.compare import compare, means
from ablate.analysis.curves import curves, curves_data
from ablate.analysis.frame import frame, sweep_keys_of
from ablate.analysis.frontier import frontier_data
from ablate.analysis.points import (
    PointCells,
    conditions,
    holes_text,
    is_done,
    largest_first,
    point_text,
    points,
    require_done,
    split_of,
)
from ablate.analysis.weights import WeightsData, has_sources, weights_data

__all__ = [
    "Choice",
    "PointCells",
    "WeightsData",
    "best",
    "check_cost",
    "compare",
    "conditions",
    "curves",
    "curves_data",
    "frame",
    "frontier_data",
    "has_sources",
    "holes_text",
    "is_done",
    "knee",
    "largest_first",
    "means",
    "pareto",
    "point_text",
    "points",
    "require_done",
    "split_of",
    "sweep_keys_of",
    "weights_data",
]
