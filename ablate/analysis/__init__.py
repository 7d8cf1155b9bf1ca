"""Records -> tidy tables: means with intervals, paired differences, frontiers, curves."""

from ablate.analysis.choose import Choice, best, check_cost, choose, knee, pareto
from ablate.analysis.classes import ConfusionData, class_errors, confusion_data
from ablate.analysis.compare import compare, means
from ablate.analysis.confirmed import confirmed
from ablate.analysis.curves import curves, curves_data
from ablate.analysis.designs import compare_design
from ablate.analysis.effects import EffectsData, effects_data, has_effects
from ablate.analysis.equal_error import efficiency_curve, equal_error
from ablate.analysis.frame import frame, sweep_keys_of
from ablate.analysis.frontier import frontier_data, stopped_data
from ablate.analysis.history import HistoryData, history_data
from ablate.analysis.hypervolume import hypervolume
from ablate.analysis.images import images_note
from ablate.analysis.measured import MemoryData, measured_frame, memory_data
from ablate.analysis.objectives import cost_of, is_search, objectives_of
from ablate.analysis.papers import beside_published, published, published_ends, published_points
from ablate.analysis.points import (
    PointCells,
    compares_points,
    conditions,
    data_notes,
    holes_text,
    is_done,
    largest_first,
    point_text,
    points,
    require_done,
    split_of,
)
from ablate.analysis.shortlist import shortlist
from ablate.analysis.weights import WeightsData, has_sources, weights_data

__all__ = [
    "Choice",
    "ConfusionData",
    "EffectsData",
    "HistoryData",
    "MemoryData",
    "PointCells",
    "WeightsData",
    "beside_published",
    "best",
    "check_cost",
    "choose",
    "class_errors",
    "compare",
    "compare_design",
    "compares_points",
    "conditions",
    "confirmed",
    "confusion_data",
    "cost_of",
    "curves",
    "curves_data",
    "data_notes",
    "effects_data",
    "efficiency_curve",
    "equal_error",
    "frame",
    "frontier_data",
    "has_effects",
    "has_sources",
    "history_data",
    "holes_text",
    "hypervolume",
    "images_note",
    "is_done",
    "is_search",
    "knee",
    "largest_first",
    "means",
    "measured_frame",
    "memory_data",
    "objectives_of",
    "pareto",
    "point_text",
    "points",
    "published",
    "published_ends",
    "published_points",
    "require_done",
    "shortlist",
    "split_of",
    "stopped_data",
    "sweep_keys_of",
    "weights_data",
]
