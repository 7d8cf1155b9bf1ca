"""What may be claimed of a run: comparisons with verdicts, and the sentence they come to."""

from ablate.claims.comparison import compare, comparison
from ablate.claims.confirmed import confirmed
from ablate.claims.equal_errors import EqualErrors, costs_at_equal_error, equal_error
from ablate.claims.judging import Basis
from ablate.claims.value import Comparison, swept_columns

__all__ = [
    "Basis",
    "Comparison",
    "EqualErrors",
    "compare",
    "comparison",
    "confirmed",
    "costs_at_equal_error",
    "equal_error",
    "swept_columns",
]
