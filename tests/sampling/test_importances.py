"""Importances: on errors whose cause is known, and from the record of a search."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ablate.records import Attempt, Attempts, Record, RunFolder
from ablate.sampling import importances, rated_cells
from ablate.sampling.importances import FEW, PERMUTATIONS, RatedCells, by_chance
from ablate.text import Scalar
from tests.plans import write_plan

KNOBS: dict[str, BaseDistribution] = {
    "noise": FloatDistribution(0, 1),
    "lr": FloatDistribution(1e-3, 1, log=True),
    "width": IntDistribution(4, 40, step=4),
    "order": CategoricalDistribution(["pre", "post"]),
    "dropout": FloatDistribution(0, 0.3),
    "fixed": CategoricalDistribution([None]),
}


def cells(count: int, seed: int = 0) -> tuple[list[dict[str, Scalar]], list[float]]:
    """The error depends on lr, less on width, and on nothing else; dropout only where wide."""
    draw = np.random.default_rng(seed)
    points: list[dict[str, Scalar]] = []
    errors = []
    for _ in range(count):
        lr, width = 10 ** draw.uniform(-3, 0), 4 * int(draw.integers(1, 11))
        point: dict[str, Scalar] = {
            "noise": draw.uniform(),
            "lr": lr,
            "width": width,
            "order": str(draw.choice(["pre", "post"])),
            "fixed": None,
        }
        points.append(point | ({"dropout": draw.uniform(0, 0.3)} if width > 20 else {}))
        errors.append(10 + 4 * np.log10(lr / 0.03) ** 2 - width / 20 + draw.normal(0, 0.2))
    return points, errors


@cache
def importances_of(count: int) -> list[tuple[str, float, float, float, float]]:
    return importances(*cells(count), KNOBS, repeats=10, permutations=19)


def test_what_causes_the_error_is_found() -> None:
    ranked = importances_of(120)
    names = [name for name, *_ in ranked]
    assert names[:2] == ["lr", "width"] and sorted(names) == sorted(KNOBS)
    by_name = {name: numbers for name, *numbers in ranked}
    assert by_name["lr"][0] > 0.5 and by_name["order"][0] < 0.1
    assert by_name["fixed"] == [0.0, 0.0, 0.0, 0.0]
    assert all(0 <= low <= high <= 1 for _, low, high, _ in by_name.values())
    shares = [share for _, share, *_ in ranked]
    assert shares == sorted(shares, reverse=True) and sum(shares) == pytest.approx(1)


def test_what_decides_is_beyond_chance_however_much_another_decides() -> None:
    by_name = {name: (share, chance) for name, share, _, _, chance in importances_of(120)}
    assert by_name["lr"][0] > by_name["lr"][1] > 0
    assert 0.3 > by_name["width"][0] > by_name["width"][1] > 0
    assert all(by_name[name][0] <= by_name[name][1] for name in ("noise", "order", "fixed"))


@pytest.mark.parametrize("knobs", [4, 24])
def test_what_a_knob_has_by_chance_is_exceeded_by_none_in_95_of_100_searches(knobs: int) -> None:
    """Of divergences that differ in size and form, a search beside its own permutations."""
    draw = np.random.default_rng(0)
    forms, beyond = np.geomspace(0.3, 8, knobs), []
    for _ in range(400):
        sizes = draw.gamma(forms, size=(1 + PERMUTATIONS, knobs))
        sizes = np.column_stack([sizes, np.zeros(len(sizes))])  # one that never varied
        beyond.append((sizes[0] > by_chance(sizes[1:])).any())
    assert np.mean(beyond) == pytest.approx(0.05, abs=0.03)


def test_more_cells_are_surer() -> None:
    def reach(count: int) -> float:
        return next(high - low for name, _, low, high, _ in importances_of(count) if name == "lr")

    assert reach(120) < 0.7 * reach(15)


def test_the_same_seed_gives_the_same_numbers() -> None:
    points, errors = cells(20)
    first, again, other = (
        importances(points, errors, KNOBS, repeats=5, permutations=3, seed=s) for s in (1, 1, 2)
    )
    assert first == again != other


def test_equal_errors_and_two_cells_are_no_accident() -> None:
    points, _ = cells(2)
    ranked = importances(points, [5.0, 5.0], KNOBS, repeats=3, permutations=2)
    assert all(np.isfinite(numbers).all() for _, *numbers in ranked)


def test_one_cell_has_none() -> None:
    with pytest.raises(ValueError, match="at least 2 cells, got 1"):
        importances([{"lr": 0.1}], [5.0], KNOBS)


@pytest.mark.parametrize(("count", "warned"), [(FEW - 1, True), (FEW, False)])
def test_too_few_cells_are_warned_of(count: int, warned: bool) -> None:
    rated = RatedCells(({"lr": 0.1},) * count, (5.0,) * count, KNOBS)
    assert bool(rated.warning) is warned
    assert f"of {count} cells; middle 90% of 100 bootstrap resamples" in rated.note


def test_what_is_far_from_the_front_counts_as_the_one_that_was_nearest_to_it() -> None:
    done = [
        Attempt(state="complete", rungs=rungs, result={"error": error})
        for error, rungs in ((7.0, {0: 20.0, 1: 12.0}), (9.0, {0: 30.0, 1: 18.0}))
    ]
    pruned = [
        Attempt(state="pruned", outcome="pruned", rungs=rungs)
        for rungs in ({0: 22.0}, {0: 20.0, 1: 17.0}, {2: 9.0}, {})
    ]
    diverged = Attempt(state="pruned", outcome="diverged", rungs={0: 21.0})
    # By its last rung. Of one that no finished cell was at, that another pruner stopped or that
    # diverged nothing better is known than that it is worse than all.
    rated = rated_cells(Attempts((each,)) for each in (*done, *pruned, diverged))
    assert rated.values == (7, 9, 7, 9, 10, 10, 10)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_stopped_cells_are_rated_below_all_that_went_on(tmp_path: Path) -> None:
    record = Record.create(RunFolder(tmp_path), "s")
    write_plan(tmp_path)

    def add(key: str, lr: float, **fields: Any) -> None:
        record.add(Attempt(key=key, knobs={"lr": lr}, ranges={"lr": KNOBS["lr"]}, **fields))

    add("a", 0.1, state="complete", objectives=(7.0,), result={"error": 7.0})
    add("b", 0.2, state="pruned", outcome="pruned")
    add("c", 0.3, state="pruned", outcome="oom")
    add("d", 0.4, state="pruned", free="infeasible")
    add("e", 0.5, state="fail", failure="error")
    add("f", 0.6, state="complete", objectives=(7.0,), result={"error": 9.0})
    found = rated_cells(record.attempts().values())
    assert [point["lr"] for point in found.points] == [0.1, 0.2, 0.6]
    assert found.values == (7.0, 10.0, 9.0)
    assert found.distributions == {"lr": KNOBS["lr"]}


def test_optunas_log_is_left_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    optuna.logging.set_verbosity(optuna.logging.INFO)
    importances(*cells(5), KNOBS, repeats=2, permutations=2)
    assert capsys.readouterr().err == ""
