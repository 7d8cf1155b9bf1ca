"""What images add, by the sums of squares of a textbook, and whether both together hold."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from ablate.statistics import Blocks, Critical, fit_blocks, half_widths, seeds_needed, simultaneous

PAIR = np.array([[-1.0, 1.0]])
TO_THE_FIRST = np.hstack([-np.ones((3, 1)), np.eye(3)])


def outcomes(
    draw: np.random.Generator,
    points: int = 2,
    seeds: int = 3,
    images: int = 200,
    of_design: float = 0.6,
    of_seed: float = 0.05,
) -> np.ndarray:
    """(points, seeds, images): 100 where wrong; some images are hard, some to one design only."""
    latent = draw.normal(-1.2, 1, images) + of_design * draw.normal(size=(points, 1, images))
    latent = latent + 0.3 * draw.normal(size=(1, seeds, images))
    latent = latent + of_seed * draw.normal(size=(points, seeds, 1))
    return 100.0 * (latent + 0.4 * draw.normal(size=(points, seeds, images)) > 0)


def fitted(each: np.ndarray, lost: tuple[int, ...] = ()) -> Blocks:
    points, seeds = each.shape[:2]
    cells = [c for i, c in enumerate(product(range(points), range(seeds))) if i not in lost]
    values = np.array([each[cell] for cell in cells])
    names, of_seeds = [p for p, _ in cells], [s for _, s in cells]
    return fit_blocks(names, of_seeds, values.mean(axis=1).tolist(), [0] * len(cells), values)


def squares(each: np.ndarray) -> tuple[float, float, float]:
    """(seeds, images) -> mean squares of seeds, of images and of both together."""
    seeds, images = each.shape
    mean, of_seeds, of_images = each.mean(), each.mean(axis=1), each.mean(axis=0)
    rest = each - of_seeds[:, None] - of_images + mean
    return (
        images * float(((of_seeds - mean) ** 2).sum()) / (seeds - 1),
        seeds * float(((of_images - mean) ** 2).sum()) / (images - 1),
        float((rest**2).sum()) / (seeds - 1) / (images - 1),
    )


def test_two_points_are_a_two_way_table_of_mean_squares() -> None:
    each = outcomes(np.random.default_rng(0))
    blocks, difference = fitted(each), each[1] - each[0]
    of_seeds, of_images, of_both = squares(difference)
    over_seeds, over_images = of_seeds / 600, (of_images - of_both) / 600
    assert over_images > 0
    family = simultaneous(blocks, PAIR)
    assert family.errors == pytest.approx([np.sqrt(over_seeds + over_images)])
    t, z = stats.t.ppf(0.975, 2), stats.norm.ppf(0.975)
    half = np.sqrt(t**2 * over_seeds + z**2 * over_images)
    assert (family.high - family.low) / 2 == pytest.approx([half], rel=0.02)
    assert half_widths(blocks, PAIR, Critical(t, z)) == pytest.approx([half])
    # p is the level at which the interval ends at zero.
    (p,), (estimate,) = family.p, family.estimates
    ends = stats.t.isf(p / 2, 2) ** 2 * over_seeds + stats.norm.isf(p / 2) ** 2 * over_images
    assert np.sqrt(ends) == pytest.approx(abs(estimate), rel=0.02)


def test_images_that_are_as_hard_to_both_add_nothing() -> None:
    draw = np.random.default_rng(1)
    for each in (outcomes(draw, of_design=0.0, images=50) for _ in range(20)):
        _, of_images, of_both = squares(each[1] - each[0])
        over_seeds = simultaneous(fitted(each), PAIR).errors[0] ** 2 * 3 * 50
        added = max(0.0, of_images - of_both)
        assert over_seeds == pytest.approx(squares(each[1] - each[0])[0] + added)


def test_what_images_add_is_what_it_is_in_truth_whatever_cells_are_missing() -> None:
    """The variance of the designs' parts of an image over images, known from many seeds."""
    draw, whole, part = np.random.default_rng(2), [], []
    contrast = np.array([[-1.0, 0.5, 0.5]])
    for _ in range(40):
        each = outcomes(draw, points=3, seeds=40, images=300)
        truth = np.tensordot(contrast[0], each.mean(axis=1), 1).var(ddof=1) / 300
        few = fitted(each[:, :4], lost=(1, 7))
        assert few.images is not None
        part.append(few.images.covariance(contrast, contrast @ few.weights)[0, 0])
        whole.append(truth)
    assert np.mean(part) == pytest.approx(np.mean(whole), rel=0.06)


def test_no_interval_is_narrower_than_over_seeds_alone() -> None:
    draw = np.random.default_rng(3)
    for _ in range(20):
        each = outcomes(draw, points=4, seeds=2)
        cells = list(product(range(4), range(2)))
        values = each.mean(axis=2).ravel().tolist()
        alone = fit_blocks([p for p, _ in cells], [s for _, s in cells], values, [0] * 8)
        narrow, wide = simultaneous(alone, TO_THE_FIRST), simultaneous(fitted(each), TO_THE_FIRST)
        assert (wide.high - wide.low >= narrow.high - narrow.low).all()
        assert (wide.p >= narrow.p).all()
        assert wide.estimates == pytest.approx(narrow.estimates)
        assert ((wide.p <= 0.05) == ((wide.low > 0) | (wide.high < 0))).all()


def test_seeds_do_not_make_up_for_images() -> None:
    blocks = fitted(outcomes(np.random.default_rng(4), of_seed=0.2))
    family = simultaneous(blocks, PAIR)
    left = half_widths(blocks, PAIR, Critical(0.0, family.critical.images))
    assert 0 < left[0] < (family.high - family.low)[0] / 2
    below, above = (
        seeds_needed(blocks, PAIR, 3, margin=share * 2 * left[0], over_images=left)[0]
        for share in (0.99, 1.5)
    )
    assert below is None and above is not None
    assert above > (seeds_needed(blocks, PAIR, 3, margin=3 * left[0])[0] or 0)
