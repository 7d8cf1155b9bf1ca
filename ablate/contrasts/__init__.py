"""The points of a run set against each other: which, at equal cost, and what each comes to."""

from ablate.contrasts.designs import Laid
from ablate.contrasts.differences import Differences
from ablate.contrasts.effects import Effects, effects_of
from ablate.contrasts.equal_cost import Line, lines_at_equal_cost
from ablate.contrasts.equal_errors import ratios
from ablate.contrasts.factors import has_effects, level_text
from ablate.contrasts.judging import Basis, Contrast, judge
from ablate.contrasts.measured import Measured
from ablate.contrasts.networks import with_networks

__all__ = [
    "Basis",
    "Contrast",
    "Differences",
    "Effects",
    "Laid",
    "Line",
    "Measured",
    "effects_of",
    "has_effects",
    "judge",
    "level_text",
    "lines_at_equal_cost",
    "ratios",
    "with_networks",
]
