"""What may be claimed of a run: comparisons with verdicts, and the sentence they come to."""

from ablate.claims.comparison import at_equal_error, compare, comparison, drawn, equal_error
from ablate.claims.confirmed import confirmed
from ablate.claims.detectable import Detectable, detectable
from ablate.claims.effects import Effects, effects_of
from ablate.claims.factors import has_effects, level_text
from ablate.claims.judging import Basis
from ablate.claims.losses import LOST
from ablate.claims.racing import raced
from ablate.claims.value import Comparison, swept_columns

__all__ = [
    "LOST",
    "Basis",
    "Comparison",
    "Detectable",
    "Effects",
    "at_equal_error",
    "compare",
    "comparison",
    "confirmed",
    "detectable",
    "drawn",
    "effects_of",
    "equal_error",
    "has_effects",
    "level_text",
    "raced",
    "swept_columns",
]
