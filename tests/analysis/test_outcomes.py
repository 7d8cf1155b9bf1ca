"""Which images cells get wrong, read once, and only of the same images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ablate.analysis import outcomes_of
from ablate.errors import HolesError
from tests.made_outcomes import NAMES, cells_of, labels, reader, wrong


@pytest.fixture
def found():
    return wrong("AB", seeds=2, images=30)


@pytest.fixture
def table(rows, found):
    return rows(*cells_of(found)[:3], ("B", 1, None))


def test_a_row_per_done_cell(table, found) -> None:
    outcomes = outcomes_of(table, reader(found))
    assert outcomes.wrong.shape == (3, 30) and outcomes.names == NAMES
    assert outcomes.labels.tolist() == labels(30).tolist()
    of_two = outcomes.of(["B-0", "A-0"])
    assert of_two.mean(axis=1).tolist() == pytest.approx([table["error"][2], table["error"][0]])
    np.testing.assert_array_equal(of_two[0] == 100, found["B-0"])


def test_cells_without_predictions_are_counted(table, found) -> None:
    def read(key):
        return None if key == "A-1" else reader(found)(key)

    with pytest.raises(
        HolesError, match=r"^1 of 3 done cells have no predictions: earlier version"
    ):
        outcomes_of(table, read)
    with pytest.raises(HolesError, match="none of the study's 1 cells is done"):
        outcomes_of(table.tail(1), read)


@pytest.mark.parametrize(
    ("column", "what"),
    [
        ("split", "some held out, some the test set"),
        ("data_sha256", "of several copies"),
        ("split_sha256", "of several hold-outs"),
    ],
)
def test_other_images_are_refused(table, found, column: str, what: str) -> None:
    table[column] = ["test" if column == "split" else "a", "b", "b", "b"]
    read = reader(found)
    with pytest.raises(HolesError, match=f"^cells were not evaluated on the same images: {what}$"):
        outcomes_of(table, read)


def test_of_the_test_set_it_is_all_one_what_was_held_out(table, found) -> None:
    table["split"], table["split_sha256"] = "test", ["a", "b", "b", "b"]
    read = reader(found)
    assert len(outcomes_of(table, read).rows) == 3


def test_other_labels_are_refused(table, found) -> None:
    whole = reader(found)

    def read(key):
        kept = whole(key)
        return replace(kept, labels=kept.labels[::-1]) if key == "B-0" else kept

    with pytest.raises(HolesError, match="same images: their labels differ"):
        outcomes_of(table, read)
