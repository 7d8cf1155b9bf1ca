"""Records -> tidy tables: means with intervals, paired differences, frontiers, curves."""

from ablate.analysis.answers import ConfusionData, Read, class_errors, confusion_data, predictions
from ablate.analysis.choose import Choice, choose, pareto
from ablate.analysis.compare import Comparison, compare
from ablate.analysis.comparison import (
    compare_factorial,
    compare_path,
    comparison,
    confirmed,
    shortlist,
)
from ablate.analysis.curves import curves_data
from ablate.analysis.effects import EffectsData, effects_data, has_effects
from ablate.analysis.equal_errors import EqualErrors, costs_at_equal_error
from ablate.analysis.frame import frame, measured_frame, plain_rows
from ablate.analysis.frontier import frontier_data, stopped_data
from ablate.analysis.history import HistoryData, history_data
from ablate.analysis.memory import MemoryData, memory_data
from ablate.analysis.papers import beside_published, published_ends, published_points
from ablate.analysis.points import (
    compares_points,
    conditions,
    holes_text,
    is_done,
    points,
    split_of,
)
from ablate.analysis.results import Head, Results, read_results, results, results_of, trained
from ablate.analysis.weights import WeightsData, has_sources, weights_data

__all__ = [
    "Choice",
    "Comparison",
    "ConfusionData",
    "EffectsData",
    "EqualErrors",
    "Head",
    "HistoryData",
    "MemoryData",
    "Read",
    "Results",
    "WeightsData",
    "beside_published",
    "choose",
    "class_errors",
    "compare",
    "compare_factorial",
    "compare_path",
    "compares_points",
    "comparison",
    "conditions",
    "confirmed",
    "confusion_data",
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
    "measured_frame",
    "memory_data",
    "pareto",
    "plain_rows",
    "points",
    "predictions",
    "published_ends",
    "published_points",
    "read_results",
    "results",
    "results_of",
    "shortlist",
    "split_of",
    "stopped_data",
    "trained",
    "weights_data",
]
