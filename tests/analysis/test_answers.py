"""Which classes are taken for which: by their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from ablate.analysis import confusion_data
from ablate.cells import Predictions
from ablate.errors import HolesError, UsageError
from tests.made_results import made

NAMES = ("cat", "dog", "newt")
LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1])  # no newt


def answers(*predicted: int) -> Predictions:
    return Predictions(LABELS, np.array(predicted), 3, NAMES)


ALL_CATS, ONE_WRONG, RIGHT = answers(*[0] * 8), answers(0, 0, 0, 1, 1, 1, 1, 1), answers(*LABELS)


@pytest.fixture
def table(rows):
    """A and B at two depths each, two seeds."""
    return rows(
        *(
            (variant, seed, 10.0, {"depth": depth, "params": 100 * depth})
            for variant in "BA"
            for depth in (10, 20)
            for seed in (0, 1)
        ),
        ("C", 0, None, {"depth": 10}),
        sweep=("depth",),
    )


@pytest.fixture
def results(table):
    """With A as the baseline."""
    return made(table, baseline="A")


def keys(table, variant: str, depth: int) -> list[str]:
    return table.loc[(table["variant"] == variant) & (table["depth"] == depth), "key"].tolist()


@pytest.fixture
def read(table):
    """What the larger of each variant answered; the smaller ones are not to be looked at."""
    a, b = keys(table, "A", 20), keys(table, "B", 20)
    found = {a[0]: ALL_CATS, a[1]: RIGHT, b[0]: ONE_WRONG, b[1]: None}
    return found.__getitem__


def test_the_mean_over_seeds_of_the_baselines_largest(results, read) -> None:
    found = confusion_data(results, read)
    assert (found.label, len(found.results.cells), found.names) == ("A, depth 20", 2, NAMES)
    assert found.images.tolist() == [4, 4, 0]
    assert found.shares.tolist() == [[100, 0, 0], [50, 50, 0], [0, 0, 0]]


def test_cells_without_predictions_are_left_out(results, read) -> None:
    found = confusion_data(results, read, "B")
    assert (found.label, len(found.results.cells)) == ("B, depth 20", 1)
    assert found.shares[0].tolist() == [75, 25, 0]


def test_a_search_shows_its_best(rows) -> None:
    table = rows(("s", 0, 20.0, {"params": 9}), ("s", 0, 10.0, {"depth": 3}), sweep=("depth",))
    results = made(table, objectives={"error": "minimize"})
    assert confusion_data(results, lambda key: RIGHT).results.cells["error"].tolist() == [10.0]


def test_what_cannot_be_shown(results, read) -> None:
    with pytest.raises(UsageError, match="variant: unknown variant `D`; valid: B, A, C"):
        confusion_data(results, read, "D")
    with pytest.raises(HolesError, match="no cell of `C` is done"):
        confusion_data(results, read, "C")
    with pytest.raises(HolesError, match="A, depth 20: no cell has kept its predictions"):
        confusion_data(results, lambda key: None)
