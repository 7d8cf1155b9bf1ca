"""The sentence that `compare` ends with."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.claims.answer import answer_of
from ablate.claims.losses import LOST
from ablate.contrasts import Basis

OVER_SEEDS = Basis(comparisons=1, over="seeds")


def row(difference: float, half: float, verdict: str, needed: int | None = None) -> dict[str, Any]:
    return {
        "difference": difference,
        "difference_low": difference - half,
        "difference_high": difference + half,
        "verdict": verdict,
        "seeds_needed": needed,
    }


@pytest.mark.parametrize(
    ("one", "margin", "sentence"),
    [
        (
            row(-1.2, 0.5, "better"),
            None,
            "B has a lower error than A at equal parameters: -1.20 [-1.70, -0.70] points (95% "
            "interval, over seeds).",
        ),
        (
            row(1.2, 0.5, "worse"),
            0.3,
            "B has a higher error than A at equal parameters: +1.20 [+0.70, +1.70] points (95% "
            "interval, over seeds).",
        ),
        (
            row(0.1, 0.2, "equal"),
            0.5,
            "B and A are equal within 0.5 points at equal parameters: +0.10 [-0.10, +0.30] (95% "
            "interval, over seeds).",
        ),
        (
            row(0.2, 0.1, "differs by less than the margin"),
            0.5,
            "B differs from A at equal parameters, by less than 0.5 points: +0.20 [+0.10, +0.30] "
            "(95% interval, over seeds).",
        ),
        (
            row(0.2, 0.9, "undecided", 12),
            0.5,
            "Undecided whether B differs from A at equal parameters: +0.20 [-0.70, +1.10] points "
            "(95% interval, over seeds); 12 seeds each would decide it to within 0.5 points.",
        ),
        (
            row(0.2, 0.9, "undecided"),
            0.01,
            "Undecided whether B differs from A at equal parameters: +0.20 [-0.70, +1.10] points "
            "(95% interval, over seeds); to within 0.01 points it would take more than 1,000 "
            "seeds.",
        ),
    ],
)
def test_one_comparison(one: dict[str, Any], margin: float | None, sentence: str) -> None:
    found = answer_of([("B", one)], OVER_SEEDS, "A", at="at equal parameters", margin=margin)
    assert found == sentence


def test_several_are_told_by_verdict_and_none_is_left_out() -> None:
    claims = [
        ("A", {"difference": None, "verdict": None}),
        ("B", row(0.2, 0.9, "undecided", 12)),
        ("C", row(-1.2, 0.5, "better")),
        ("D", row(0.4, 0.8, "undecided", 15)),
        ("E", {"difference": None, "verdict": None, "reason": "no cell is done"}),
    ]
    assert answer_of(claims, Basis(comparisons=3, over="seeds"), "A", margin=0.5) == (
        "Against A, in points of error: lower error: C -1.20 [-1.70, -0.70]; undecided: B +0.20 "
        "[-0.70, +1.10], D +0.40 [-0.40, +1.20] (95% intervals that hold for all 3 together, over "
        "seeds); 15 seeds each would decide it to within 0.5 points; not compared: E."
    )


def test_nothing_to_compare_has_no_answer() -> None:
    assert answer_of([("A", {"difference": None})], Basis(), "A") == ""


LOST_ONE = {"verdict": LOST, "lost": "diverged 2 of 5", "bound_low": -0.5, "bound_high": 31.25}


def test_what_lost_cells_has_bounds_and_no_claim() -> None:
    said = answer_of([("B", LOST_ONE)], OVER_SEEDS, "A", "at equal parameters", margin=0.3)
    assert said == (
        "B against A at equal parameters: no claim, as cells were lost, which may be like the "
        "others or at chance: -0.50 to +31.25 (diverged 2 of 5)."
    )
    worse = {**row(1.2, 0.5, "worse"), "lost": "diverged 1 of 5"}
    said = answer_of([("B", LOST_ONE), ("C", worse)], OVER_SEEDS, "A")
    assert said == (
        "Against A, in points of error: higher error: C +1.20 [+0.70, +1.70] (without what was "
        "lost: diverged 1 of 5) (95% interval, over seeds); no claim, as cells were lost, which "
        "may be like the others or at chance: B -0.50 to +31.25 (diverged 2 of 5)."
    )
