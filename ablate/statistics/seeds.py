"""How many seeds a comparison needs: from what seeds do to errors, never from what was seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np

from ablate.statistics.blocks import Blocks
from ablate.statistics.intervals import LEVEL, Numbers
from ablate.statistics.simultaneous import chance_deviations, largest_normal, standard_errors

MOST_SEEDS = 1_000


def seeds_needed(
    blocks: Blocks,
    contrasts: Numbers,
    seeds: float,
    margin: float,
    *,
    over_images: Numbers | float = 0.0,
    level: float = LEVEL,
) -> list[int | None]:
    """A fit of points with `seeds` each, and contrasts -> the seeds that would decide each.

    Where points have different numbers of seeds it is their mean. With so many the simultaneous
    interval is no wider than `margin` from end to end, so that, whatever it is of, it either
    excludes zero or lies within the margin. Every point gets as many. `over_images` are the half
    widths (contrasts,) that the images leave whatever the seeds. None for more than MOST_SEEDS.
    Raises ValueError for a margin that is not positive.
    """
    if not margin > 0:
        raise ValueError(f"seeds_needed() is for a margin > 0, got {margin}")
    weights = np.asarray(contrasts, dtype=np.float64) @ blocks.weights
    errors = standard_errors(weights, blocks, blocks.residuals[None])[0]
    of_one = errors * np.sqrt(seeds)  # of a single seed
    largest, others = largest_normal(weights, blocks), blocks.points - 1

    @cache
    def half_widths(number: int) -> Numbers:
        t = largest / chance_deviations(others * (number - 1))
        return np.asarray(np.hypot(np.quantile(t, level) * of_one / np.sqrt(number), over_images))

    def is_enough(contrast: int, number: int) -> bool:
        return bool(2 * half_widths(number)[contrast] <= margin)

    return [first_enough(partial(is_enough, contrast)) for contrast in range(len(weights))]


def first_enough(is_enough: Callable[[int], bool]) -> int | None:
    """The smallest number of seeds from 2 on that is enough; it stays so with more.

    None where MOST_SEEDS are not.
    """
    low, high = 2, 2
    while not is_enough(high):
        if high == MOST_SEEDS:
            return None
        low, high = high + 1, min(2 * high, MOST_SEEDS)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low
