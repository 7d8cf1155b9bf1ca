"""What may be claimed of a run: comparisons with verdicts, and the sentence they come to."""

from ablate.claims.by_class import ByClass, by_class, compared_by_class
from ablate.claims.chosen import Chosen, baseline_of, chosen_now, with_earlier
from ablate.claims.comparison import at_equal_error, compared, comparison, drawn, equal_error
from ablate.claims.confirmed import Confirmed, confirmed
from ablate.claims.detectable import Detectable, detectable
from ablate.claims.judged import Judged
from ablate.claims.losses import LOST
from ablate.claims.more_seeds import MoreSeeds, more_seeds
from ablate.claims.racing import Race, raced
from ablate.claims.value import Comparison, swept_columns

__all__ = [
    "LOST",
    "ByClass",
    "Chosen",
    "Comparison",
    "Confirmed",
    "Detectable",
    "Judged",
    "MoreSeeds",
    "Race",
    "at_equal_error",
    "baseline_of",
    "by_class",
    "chosen_now",
    "compared",
    "compared_by_class",
    "comparison",
    "confirmed",
    "detectable",
    "drawn",
    "equal_error",
    "more_seeds",
    "raced",
    "swept_columns",
    "with_earlier",
]
