"""Records -> tidy tables: means with intervals, effects, frontiers, curves."""

from ablate.analysis.alike import runs_alike
from ablate.analysis.answers import ConfusionData, confusion_data, predictions
from ablate.analysis.choose import Choice, choose, pareto, require_cost
from ablate.analysis.curves import curves_data, epoch_intervals
from ablate.analysis.frame import frame, measured_frame, plain_rows, tabled
from ablate.analysis.frontier import frontier_data, stopped_data
from ablate.analysis.history import HistoryData, history_data
from ablate.analysis.means import means
from ablate.analysis.memory import MemoryData, memory_data
from ablate.analysis.outcomes import Outcomes, Read, outcomes_of, read_outcomes
from ablate.analysis.papers import beside_published, published_ends, published_points
from ablate.analysis.points import (
    compares_points,
    conditions,
    holes_text,
    is_done,
    one_to_show,
    point_rows,
    points,
    require_done,
    split_of,
)
from ablate.analysis.results import (
    Head,
    Results,
    planned,
    read_results,
    results,
    results_of,
    trained,
)
from ablate.analysis.selection import front_shares, luck_of_one_seed
from ablate.analysis.weights import WeightsData, has_sources, weights_data

__all__ = [
    "Choice",
    "ConfusionData",
    "Head",
    "HistoryData",
    "MemoryData",
    "Outcomes",
    "Read",
    "Results",
    "WeightsData",
    "beside_published",
    "choose",
    "compares_points",
    "conditions",
    "confusion_data",
    "curves_data",
    "epoch_intervals",
    "frame",
    "front_shares",
    "frontier_data",
    "has_sources",
    "history_data",
    "holes_text",
    "is_done",
    "luck_of_one_seed",
    "means",
    "measured_frame",
    "memory_data",
    "one_to_show",
    "outcomes_of",
    "pareto",
    "plain_rows",
    "planned",
    "point_rows",
    "points",
    "predictions",
    "published_ends",
    "published_points",
    "read_outcomes",
    "read_results",
    "require_cost",
    "require_done",
    "results",
    "results_of",
    "runs_alike",
    "split_of",
    "stopped_data",
    "tabled",
    "trained",
    "weights_data",
]
