"""Search spaces: ranges, conditions, knobs, and what can be built."""

from ablate.space.buildable_reading import read_buildable
from ablate.space.conditions import Condition
from ablate.space.design import MOST_CELLS, Design, Kind, Laid, expand, laid_on_path
from ablate.space.greedy import (
    AND,
    BASELINE,
    Changes,
    Steps,
    Tried,
    Walk,
    chance_note,
    changes_of,
    decided_by,
    tried_by,
    variant_of,
    walk,
)
from ablate.space.point_of import points_of
from ablate.space.range_reading import SETTINGS
from ablate.space.ranges import Choice, FloatRange, IntRange
from ablate.space.schema import CODE, space_schema
from ablate.space.search_settings import (
    Budget,
    Direction,
    Limits,
    Objectives,
    Pruner,
    Sampler,
    broken_pruner,
    error_alone,
)
from ablate.space.space import Knob, Space, slots
from ablate.space.suggestion import suggestion
from ablate.space.where import parse_where

__all__ = [
    "AND",
    "BASELINE",
    "CODE",
    "MOST_CELLS",
    "SETTINGS",
    "Budget",
    "Changes",
    "Choice",
    "Condition",
    "Design",
    "Direction",
    "FloatRange",
    "IntRange",
    "Kind",
    "Knob",
    "Laid",
    "Limits",
    "Objectives",
    "Pruner",
    "Sampler",
    "Space",
    "Steps",
    "Tried",
    "Walk",
    "broken_pruner",
    "chance_note",
    "changes_of",
    "decided_by",
    "error_alone",
    "expand",
    "laid_on_path",
    "parse_where",
    "points_of",
    "read_buildable",
    "slots",
    "space_schema",
    "suggestion",
    "tried_by",
    "variant_of",
    "walk",
]
