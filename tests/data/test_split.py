"""Hold-out and limit: stratified, disjoint, and the same for everybody with the same split seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ablate.cells import Data, DatasetFacts, TrainingPart
from ablate.data import Split, load_images, split
from ablate.data.split import stratified
from ablate.errors import SpecError

DIGITS = load_images(Data(dataset="digits"), Path("/nonexistent"))


def digits(**settings: Any) -> Split:
    return split(DIGITS.y_train, Data(dataset="digits", **settings), DIGITS.facts)


def indices(tensor: torch.Tensor) -> set[int]:
    return set(tensor.tolist())


def assert_stratified(chosen: torch.Tensor, among: torch.Tensor) -> None:
    """Every class has its share, up to one image."""
    got, whole = among[chosen].bincount(minlength=10), among.bincount(minlength=10)
    assert (got - whole * len(chosen) / len(among)).abs().max() < 1


def test_usual_hold_out() -> None:
    found = digits()
    assert (len(found.train), len(found.held_out)) == (1293, 144)
    assert indices(found.train) | indices(found.held_out) == set(range(1437))
    assert_stratified(found.held_out, DIGITS.y_train)
    assert found.train.tolist() == sorted(found.train.tolist())


def test_testing_trains_on_everything() -> None:
    found = digits(evaluate="test")
    assert found.train.tolist() == list(range(1437))
    assert len(found.held_out) == 0


def test_only_the_split_seed_decides() -> None:
    assert digits().sha256 == digits().sha256 == digits(augment=True).sha256
    np.random.seed(5)
    torch.manual_seed(5)
    assert torch.equal(digits().held_out, digits(split_seed=0).held_out)
    assert not torch.equal(digits().held_out, digits(split_seed=1).held_out)


def test_the_split_of_old_records_is_pinned() -> None:
    assert digits().sha256 == "7cbd68a0c12d4727"


@pytest.mark.parametrize("limit", [10, 23, 100, 1000])
def test_limit_takes_of_what_is_left(limit: int) -> None:
    limited, whole = digits(limit=limit), digits()
    assert len(limited.train) == limit
    assert len(limited.held_out) == min(limit, 144)
    assert indices(limited.train) <= indices(whole.train)
    assert indices(limited.held_out) <= indices(whole.held_out)
    assert_stratified(limited.train, DIGITS.y_train)


def test_limit_of_a_test_run() -> None:
    limited = digits(limit=50, evaluate="test")
    assert len(limited.train) == 50
    assert_stratified(limited.train, DIGITS.y_train)


def test_counts_are_those_the_plan_announces() -> None:
    for settings in ({}, {"limit": 60}, {"hold_out": 1000, "limit": 600}, {"evaluate": "test"}):
        data = Data(dataset="digits", **settings)
        found = split(DIGITS.y_train, data, DIGITS.facts)
        assert len(found.train) == data.train_count(DIGITS.facts)
        if data.evaluate == "validation":
            assert len(found.held_out) == data.evaluated_count(DIGITS.facts)


def test_hash_changes_with_the_split() -> None:
    different: list[dict[str, Any]] = [
        {},
        {"hold_out": 100},
        {"limit": 100},
        {"split_seed": 1},
        {"evaluate": "test"},
    ]
    assert len({digits(**settings).sha256 for settings in different}) == len(different)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hold_out": 28}, "data.hold_out: must be <= 27 for arrays, got 28"),
        ({"hold_out": 300}, "data.hold_out: must be <= 27 for arrays, got 300"),
        ({"limit": 2}, "data.limit: must be >= 3, the number of classes of arrays, got 2"),
    ],
)
def test_what_is_too_small_to_split_is_refused(settings: dict[str, int], message: str) -> None:
    data = Data(dataset="arrays", name="mine", **settings)
    with pytest.raises(SpecError) as caught:
        split(torch.arange(30) % 3, data, facts_of(train_images=30, classes=3))
    assert str(caught.value) == message


def facts_of(*, train_images: int, classes: int) -> DatasetFacts:
    return replace(DIGITS.facts, train_images=train_images, classes=classes, hold_out=1)


@pytest.mark.parametrize("count", [0, 1, 3, 7, 19, 20])
def test_classes_of_one_member_and_counts_below_the_classes(count: int) -> None:
    labels = np.array([0] * 10 + [1] * 7 + [2, 3, 4])
    chosen = stratified(labels, np.arange(20), count, seed=0)
    assert len(set(chosen.tolist())) == count
    exact = np.bincount(labels) * count / 20
    got = np.bincount(labels[chosen], minlength=5)
    assert (np.abs(got - exact) < 1).all()


def test_nothing_among_nothing() -> None:
    assert len(stratified(np.arange(5), np.arange(0), 0, seed=0)) == 0


def of_two_kinds(hold_out: int | None = None, **settings: Any) -> tuple[Split, torch.Tensor]:
    """200 difficult images and 600 easy ones of four classes, some rare among the difficult."""
    difficult = torch.tensor([0] * 100 + [1] * 60 + [2] * 30 + [3] * 10)
    y = torch.cat([difficult, torch.arange(600) % 4])
    parts = (TrainingPart(200, 40), TrainingPart(600, 20))
    facts = replace(DIGITS.facts, train_images=800, classes=4, hold_out=60, parts=parts)
    data = Data(dataset="svhn", hold_out=hold_out, **settings)
    return split(y, data, facts), y


def by_part(found: Split, y: torch.Tensor) -> list[list[int]]:
    """How many of each class are held out of the difficult ones, and of the others."""
    first = found.held_out < 200
    return [y[found.held_out[part]].bincount(minlength=4).tolist() for part in (first, ~first)]


def test_as_many_of_each_class_from_each_part() -> None:
    found, y = of_two_kinds()
    assert by_part(found, y) == [[10, 10, 10, 10], [5, 5, 5, 5]]
    assert indices(found.train) | indices(found.held_out) == set(range(800))
    assert len(found.train) == 740
    assert not torch.equal(found.held_out, of_two_kinds(split_seed=1)[0].held_out)


@pytest.mark.parametrize(
    ("hold_out", "counts"),
    [
        (3, [[1, 1, 0, 0], [1, 0, 0, 0]]),
        (30, [[5, 5, 5, 5], [3, 3, 2, 2]]),
        (90, [[17, 17, 16, 10], [8, 8, 7, 7]]),  # a class has no more than it has
    ],
)
def test_another_number_is_shared_alike(hold_out: int, counts: list[list[int]]) -> None:
    assert by_part(*of_two_kinds(hold_out)) == counts


def test_what_a_recipe_picks_its_epoch_by_is_held_out_of_a_test_run() -> None:
    data = Data(dataset="digits", evaluate="test")
    picked = split(DIGITS.y_train, data, DIGITS.facts, picks=True)
    assert picked.sha256 == digits().sha256
    assert split(DIGITS.y_train, data, DIGITS.facts).sha256 == digits(evaluate="test").sha256
