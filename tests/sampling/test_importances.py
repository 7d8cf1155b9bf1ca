"""Importances: on errors whose cause is known, and from the record of a search."""

from __future__ import annotations

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

from ablate.records import Attempt, Record, RunFolder
from ablate.sampling import importances, rated_cells
from ablate.sampling.importances import FEW, RatedCells
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


def test_what_causes_the_error_is_found() -> None:
    found = importances(*cells(80), KNOBS, repeats=30)
    names = [name for name, *_ in found]
    assert names[:2] == ["lr", "width"] and sorted(names) == sorted(KNOBS)
    by_name = {name: numbers for name, *numbers in found}
    assert by_name["lr"][0] > 0.5 and by_name["order"][0] < 0.1
    assert by_name["fixed"] == [0.0, 0.0, 0.0]
    assert all(0 <= low <= middle <= high <= 1 for middle, low, high in by_name.values())
    middles = [middle for _, middle, _, _ in found]
    assert middles == sorted(middles, reverse=True)


def test_more_cells_are_surer() -> None:
    def reach(count: int) -> float:
        found = importances(*cells(count), KNOBS, repeats=30)
        return next(high - low for name, _, low, high in found if name == "lr")

    assert reach(160) < 0.7 * reach(15)


def test_the_same_seed_gives_the_same_numbers() -> None:
    points, errors = cells(20)
    first, again, other = (importances(points, errors, KNOBS, repeats=5, seed=s) for s in (1, 1, 2))
    assert first == again != other


def test_equal_errors_and_two_cells_are_no_accident() -> None:
    points, _ = cells(2)
    found = importances(points, [5.0, 5.0], KNOBS, repeats=3)
    assert all(np.isfinite(numbers).all() for _, *numbers in found)


def test_one_cell_has_none() -> None:
    with pytest.raises(ValueError, match="at least 2 cells, got 1"):
        importances([{"lr": 0.1}], [5.0], KNOBS)


@pytest.mark.parametrize(("count", "warned"), [(FEW - 1, True), (FEW, False)])
def test_too_few_cells_are_warned_of(count: int, warned: bool) -> None:
    rated = RatedCells(({"lr": 0.1},) * count, (5.0,) * count, KNOBS)
    assert bool(rated.warning) is warned
    assert f"of {count} cells; median and middle 90% of 100 bootstrap resamples" in rated.note


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
    importances(*cells(5), KNOBS, repeats=2)
    assert capsys.readouterr().err == ""
