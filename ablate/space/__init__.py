"""Search spaces: ranges, conditions, knobs, and what can be built."""

from ablate.space.buildable import Broken, Dead, dead
from ablate.space.conditions import OPERATORS, Condition, parse_condition
from ablate.space.range_reading import SETTINGS
from ablate.space.ranges import Choice, FloatRange, IntRange
from ablate.space.schema import space_schema
from ablate.space.space import Knob, Space, slots
from ablate.space.space_reading import place_in_choice, read_space

__all__ = [
    "OPERATORS",
    "SETTINGS",
    "Broken",
    "Choice",
    "Condition",
    "Dead",
    "FloatRange",
    "IntRange",
    "Knob",
    "Space",
    "dead",
    "parse_condition",
    "place_in_choice",
    "read_space",
    "slots",
    "space_schema",
]
