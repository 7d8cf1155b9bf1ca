"""Numbers in, numbers out."""

from ablate.statistics.blocks import Blocks, fit_blocks, hang_together
from ablate.statistics.equal_cost import common_range, mean_weights
from ablate.statistics.equal_error import cost_ratio
from ablate.statistics.frontier import knee_of, knees, on_front, undominated
from ablate.statistics.hypervolume import gains, hypervolume
from ablate.statistics.intervals import (
    LEVEL,
    SAME,
    bonferroni,
    deviation_interval,
    share_contrasts,
    t_interval,
    t_limit,
)
from ablate.statistics.main_effects import Grid, GridFit, effect_seeds, effects_family, fit_grid
from ablate.statistics.mcnemar import holm, mcnemar
from ablate.statistics.power import POWER, power, seeds_for
from ablate.statistics.rounds import against_one
from ablate.statistics.seeds import seeds_needed
from ablate.statistics.selection import Expected, Spread, expected, most_luck, spread
from ablate.statistics.simultaneous import (
    Critical,
    Family,
    at_critical,
    half_widths,
    simultaneous,
)
from ablate.statistics.spending import nominal_levels
from ablate.statistics.verdicts import verdict

__all__ = [
    "LEVEL",
    "POWER",
    "SAME",
    "Blocks",
    "Critical",
    "Expected",
    "Family",
    "Grid",
    "GridFit",
    "Spread",
    "against_one",
    "at_critical",
    "bonferroni",
    "common_range",
    "cost_ratio",
    "deviation_interval",
    "effect_seeds",
    "effects_family",
    "expected",
    "fit_blocks",
    "fit_grid",
    "gains",
    "half_widths",
    "hang_together",
    "holm",
    "hypervolume",
    "knee_of",
    "knees",
    "mcnemar",
    "mean_weights",
    "most_luck",
    "nominal_levels",
    "on_front",
    "power",
    "seeds_for",
    "seeds_needed",
    "share_contrasts",
    "simultaneous",
    "spread",
    "t_interval",
    "t_limit",
    "undominated",
    "verdict",
]
