"""Records -> tidy tables: means with intervals, paired differences, frontiers, curves."""

from ablate.analysis.answers import predictions
from ablate.analysis.choose import choose, pareto
from ablate.analysis.classes import ConfusionData, Read, class_errors, confusion_data
from ablate.analysis.compare import compare
from ablate.analysis.confirmed import confirmed
from ablate.analysis.curves import curves_data
from ablate.analysis.designs import compare_design, compare_factorial, compare_path
from ablate.analysis.effects import EffectsData, effects_data, has_effects
from ablate.analysis.equal_errors import costs_at_equal_error
from ablate.analysis.frame import frame, plain_rows
from ablate.analysis.frontier import frontier_data, stopped_data
from ablate.analysis.history import HistoryData, history_data
from ablate.analysis.measured import MemoryData, measured_frame, memory_data
from ablate.analysis.objectives import cost_of, is_search, objectives_of
from ablate.analysis.papers import beside_published, published_ends, published_points
from ablate.analysis.points import (
    compares_points,
    conditions,
    holes_text,
    is_done,
    point_text,
    points,
    split_of,
)
from ablate.analysis.results import results, several, trained
from ablate.analysis.shortlist import shortlist
from ablate.analysis.weights import WeightsData, has_sources, weights_data

__all__ = [
    "ConfusionData",
    "EffectsData",
    "HistoryData",
    "MemoryData",
    "Read",
    "WeightsData",
    "beside_published",
    "choose",
    "class_errors",
    "compare",
    "compare_design",
    "compare_factorial",
    "compare_path",
    "compares_points",
    "conditions",
    "confirmed",
    "confusion_data",
    "cost_of",
    "costs_at_equal_error",
    "curves_data",
    "effects_data",
    "frame",
    "frontier_data",
    "has_effects",
    "has_sources",
    "history_data",
    "holes_text",
    "is_done",
    "is_search",
    "measured_frame",
    "memory_data",
    "objectives_of",
    "pareto",
    "plain_rows",
    "point_text",
    "points",
    "predictions",
    "published_ends",
    "published_points",
    "results",
    "several",
    "shortlist",
    "split_of",
    "stopped_data",
    "trained",
    "weights_data",
]
