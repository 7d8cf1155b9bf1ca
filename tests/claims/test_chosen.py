"""Choices as they are kept: what was known of them then, and how they differ."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy import stats

from ablate.analysis import choose
from ablate.claims import LOST, Chosen, chosen_now, with_earlier
from ablate.claims.chosen import merged, point_differences
from tests.made_results import made


def chosen(variant: str = "A", way: str = "best", source: str = "A") -> Chosen:
    return Chosen(variant, (way,), f"by {way}", source, {}, (f"key-{variant}",), 5.0, None, None)


def test_a_point_chosen_twice_is_confirmed_once() -> None:
    both = merged([chosen("A", "best")], [chosen("B", "best"), chosen("A", "knee"), chosen("A")])
    assert [(c.variant, c.chosen_as, c.how) for c in both] == [
        ("A", ("best", "knee"), "by best"),
        ("B", ("best",), "by best"),
    ]


def test_what_was_known_at_a_look_is_not_told_anew() -> None:
    first = chosen("A")
    later = replace(first, error=4.0, low=3.0, high=5.0, how="by more", keys=("key-A", "key-A2"))
    assert merged([first], [later]) == (first, later)
    same_cells = replace(first, error=4.0, chosen_as=("knee",), how="by knee")
    assert merged([first, later], [same_cells, later]) == (
        replace(first, chosen_as=("best", "knee")),
        later,
    )


def test_differences_of_a_run_are_of_its_pooled_deviation(rows) -> None:
    errors = np.array([[5.0, 5.5, 5.1], [4.2, 4.1, 4.6], [6.0, 6.9, 6.1]])
    cells = [
        (variant, seed, errors[i, seed]) for i, variant in enumerate("ABC") for seed in range(3)
    ]
    (first, own), basis = point_differences(
        made(rows(*cells), baseline="A"), [("B", {}), ("A", {})], ("A", {})
    )
    residuals = errors - errors.mean(1, keepdims=True) - errors.mean(0) + errors.mean()
    deviation = np.sqrt((residuals**2).sum() / 4)
    half = stats.t.ppf(0.975, 4) * deviation * np.sqrt(2 / 3)
    middle = errors[1].mean() - errors[0].mean()
    assert own == {} and basis.deviation == pytest.approx(deviation)
    assert first["difference"] == pytest.approx(middle)
    assert first["difference_low"] == pytest.approx(middle - half, abs=0.02)
    assert first["difference_high"] == pytest.approx(middle + half, abs=0.02)
    unknown, _ = point_differences(made(rows(*cells)), [("D", {}), ("B", {"depth": 9})], ("A", {}))
    assert unknown == [{}, {}]


ERRORS = np.array([[5.0, 5.5, 5.1], [4.2, 4.1, 4.6], [6.0, 6.9, 6.1], [4.4, 4.9, 4.3]])


def test_a_choice_has_its_luck_and_its_difference_with_it_and_without(rows) -> None:
    cells = [
        (variant, seed, ERRORS[i, seed]) for i, variant in enumerate("ABCD") for seed in (0, 1, 2)
    ]
    results = made(rows(*cells), baseline="A")
    best, base = with_earlier(results, (), chosen_now(results, ["best", "A"], []))
    choice, how = choose(results, "best")
    assert (best.variant, best.of, best.how, base.of) == ("B", 4, how, 1)
    assert choice.expected and (best.expected, best.expected_high) == (
        choice.expected.value,
        choice.expected.high,
    )
    assert best.expected > best.error == pytest.approx(ERRORS[1].mean())
    difference = ERRORS[1].mean() - ERRORS[0].mean()
    assert best.difference == pytest.approx(difference) and best.difference_to == "A"
    assert best.expected_difference == pytest.approx(best.expected - ERRORS[0].mean())
    assert base.difference is base.expected_difference is base.expected is None

    # What was told stays, whatever more is chosen, and whatever the run has now.
    more = made(rows(*cells, ("B", 3, 9.0)), baseline="A")
    again = with_earlier(more, (best, base), chosen_now(more, ["B", "C"], []))
    assert again[:2] == (best, base)
    assert [(each.variant, each.difference_to) for each in again[2:]] == [("B", "A"), ("C", "A")]
    assert Chosen(**asdict(best)) == best


def test_the_luck_of_one_seed_each_is_not_known(rows) -> None:
    results = made(rows(("A", 0, 5.0), ("B", 0, 4.0), ("C", 0, 6.0)), baseline="A")
    best, base = with_earlier(results, (), chosen_now(results, ["best", "A"], []))
    assert (best.of, best.luck, base.luck) == (3, None, 0.0)
    assert best.difference == -1.0 and best.expected is best.expected_difference is None


def test_lost_cells_leave_no_difference_in_favour(rows) -> None:
    lost = {"state": "diverged"}
    cells = [("A", 0, 5.0), ("A", 1, 5.2), ("B", 0, 4.0), ("B", 1, None, lost)]
    results = made(rows(*cells), baseline="A", classes=10)
    ((of_b,), _) = point_differences(results, [("B", {})], ("A", {}))
    assert (of_b["verdict"], of_b["lost"]) == (LOST, "diverged 1 of 2")
    of_b, _ = with_earlier(results, (), chosen_now(results, ["B", "A"], []))
    assert of_b.lost == "diverged 1 of 2" and of_b.difference is None
