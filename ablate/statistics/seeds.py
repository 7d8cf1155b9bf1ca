"""How many seeds a comparison needs: from what seeds do to errors, never from what was seen."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ablate.statistics.blocks import Blocks, Numbers
from ablate.statistics.intervals import LEVEL
from ablate.statistics.simultaneous import DRAWS, SEED, standard_errors

MOST_SEEDS = 1_000


def seeds_needed(
    blocks: Blocks, contrasts: Numbers, seeds: int, margin: float, *, level: float = LEVEL
) -> list[int | None]:
    """A fit of points with `seeds` each, and contrasts -> the seeds that would decide each.

    With so many the simultaneous interval is no wider than `margin` to each side, so that it
    either excludes zero or lies within twice the margin. Every point gets as many. None for more
    than MOST_SEEDS. Raises ValueError for a margin that is not positive.
    """
    if not margin > 0:
        raise ValueError(f"seeds_needed() is for a margin > 0, got {margin}")
    weights = np.asarray(contrasts, dtype=np.float64) @ blocks.weights
    errors = standard_errors(weights, blocks, blocks.residuals[None])[0]
    of_one = errors * np.sqrt(seeds)  # of a single seed
    draw = np.random.default_rng(SEED)
    scaled = weights * blocks.deviations[blocks.groups]
    norms = np.sqrt((scaled**2).sum(axis=1))
    normal = draw.standard_normal((DRAWS, scaled.shape[1])) @ (scaled / norms[:, None]).T
    largest, points = np.abs(normal).max(axis=1), len(blocks.weights)

    def half_widths(number: int) -> Numbers:
        freedom = (points - 1) * (number - 1)
        chance = np.random.default_rng(SEED + 1).chisquare(freedom, DRAWS) / freedom
        critical = np.quantile(largest / np.sqrt(chance), level)
        return np.asarray(critical * of_one / np.sqrt(number))

    known: dict[int, Numbers] = {}

    def is_enough(number: int, contrast: int) -> bool:
        if number not in known:
            known[number] = half_widths(number)
        return bool(known[number][contrast] <= margin)

    return [_first(partial(is_enough, contrast=contrast)) for contrast in range(len(weights))]


def _first(is_enough: Callable[[int], bool]) -> int | None:
    """The smallest number of seeds from 2 on that is enough; it stays so with more."""
    low, high = 2, MOST_SEEDS
    if not is_enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle + 1, high)
    return low
