"""Several candidates against one: which of them are lower by more than noise makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ablate.statistics.blocks import Blocks, fit_blocks, hang_together
from ablate.statistics.intervals import Numbers
from ablate.statistics.simultaneous import chance_deviations, largest_normal, standard_errors


def against_one(errors: Numbers, base: int, others: Sequence[int]) -> tuple[Numbers, Numbers]:
    """Errors (points, seeds), NaN for none -> of each of `others` its difference to `base`, and p.

    p is the chance that any of them were so much lower, did none differ: one-sided, by the largest
    t of all of them, which share the base (Dunnett 1955). The deviation is pooled over all points,
    with the seed as a block; rows that are equal are the very same cells, and count once. NaN where
    nothing tells: a difference of points without a seed in common, and p where no spread is left.
    """
    rows = [row.tobytes() for row in errors]
    first = [rows.index(row) for row in rows]
    used = ~np.isnan(errors) & (np.array(first) == np.arange(len(errors)))[:, None]
    points, seeds = (each.tolist() for each in np.nonzero(used))
    together = sorted(hang_together(points, seeds, first[base]))
    differences, chances = np.full((2, len(others)), np.nan)
    can_be = [i for i, other in enumerate(others) if first[other] in together]
    if not can_be:
        return differences, chances
    used &= np.isin(np.arange(len(errors)), together)[:, None]
    points, seeds = (each.tolist() for each in np.nonzero(used))
    place = [together.index(point) for point in points]
    blocks = fit_blocks(place, seeds, errors[used].tolist(), [0] * len(points))
    contrasts = np.zeros((len(can_be), blocks.points))
    for row, i in enumerate(can_be):
        contrasts[row, together.index(first[others[i]])] += 1
        contrasts[row, together.index(first[base])] -= 1
    differences[can_be], chances[can_be] = contrasts @ blocks.means, _drops(blocks, contrasts)
    return differences, chances


def _drops(blocks: Blocks, contrasts: Numbers) -> Numbers:
    """A fit and contrasts of one family -> each one's p of being so low; 1 of the very same."""
    chances, differ = np.ones(len(contrasts)), contrasts.any(axis=1)
    if not blocks.has_spread:
        return np.where(differ, np.nan, chances)
    if differ.any():
        weights = contrasts[differ] @ blocks.weights
        errors = standard_errors(weights, blocks, blocks.residuals[None])[0]
        scale = chance_deviations(round(float(blocks.freedom[0]), 9))
        largest = np.sort(largest_normal(weights, blocks, two_sided=False) / scale)
        above = len(largest) - np.searchsorted(largest, -(weights @ blocks.values) / errors)
        chances[differ] = (1 + above) / (1 + len(largest))
    return chances
