"""cell.yaml: what a cell says of itself, and reading it back."""

from __future__ import annotations

import json

import pytest

from ablate.cells import read_cell
from ablate.errors import SpecError
from ablate.networks import FAMILIES, LIBRARIES
from ablate.text import from_plain, read_yaml
from tests.cells.test_cell import BC, CIFAR, GOLDEN, Settings, cell

CELLS = {
    **{name: made for name, (made, _) in GOLDEN.items()},
    "window": cell({**BC, "connectivity": {"window": 4}}),
    "whole fraction": cell({**BC, "connectivity": {"fraction": 1}}),
    "arrays": cell(data={"dataset": "arrays", "name": "mine", "hold_out": 7}),
    "test": cell(data={"dataset": "cifar10", "evaluate": "test"}, recipe={"epochs": 1, "lr": 1}),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_document_reads_back(name: str) -> None:
    made = CELLS[name]
    document = made.document()
    again = read_cell(read_yaml(json.dumps(document), "cell.yaml"), made.facts)
    assert again == made and again.key == made.key == document["key"]
    assert again.document() == document


def test_a_document_says_which_key_it_has() -> None:
    assert list(cell().document()) == [
        "key",
        "key_version",
        "architecture",
        "recipe",
        "data",
        "seed",
    ]


def test_the_reported_images_are_named() -> None:
    assert cell().split == "validation"
    assert cell(data={"dataset": "cifar10", "evaluate": "test"}).split == "test"


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({"seed": None}, ["seed: must be a whole number >= 0, got null"]),
        ({"seed": True}, ["seed: must be a whole number >= 0, got true"]),
        ({"seed": -1}, ["seed: must be a whole number >= 0, got -1"]),
        (
            {"recipe": {"epochs": 0}, "data": [], "architecture": {"family": "x"}},
            [
                "architecture.family: unknown family 'x'; valid: "
                + ", ".join([*FAMILIES, *LIBRARIES]),
                "recipe.epochs: must be >= 1, got 0",
                "data: must be a map of settings, got []",
            ],
        ),
    ],
)
def test_a_document_that_is_no_cell(change: Settings, messages: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        read_cell(from_plain({**cell().document(), **change}, ""), CIFAR)
    assert [str(fault) for fault in caught.value.faults] == messages


def test_an_empty_document_misses_every_part() -> None:
    with pytest.raises(SpecError) as caught:
        read_cell(from_plain({}, ""), CIFAR)
    missed = [fault.key for fault in caught.value.faults]
    assert missed == ["architecture", "recipe", "data", "seed"]
