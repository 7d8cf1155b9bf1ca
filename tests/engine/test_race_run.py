"""Runs whose seeds race: to their end, stopped at every cell, extended, rebuilt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ablate
from ablate.cells import Cell
from ablate.study import Study, load_study
from tests.engine.little_search import QuickRuns, Stop

NET = {"family": "densenet", "depth": 7, "stem_channels": 4}
WIDTHS = {"A": 2, "B": 4, "C": 6}
MEANS = {2: 30.0, 4: 10.0, 6: 30.0}  # B is much better than A, C is as good
SEEDS = {"A": 6, "B": 3, "C": 6}


def race(**changes: Any) -> Study:
    return load_study(
        {
            "name": "race",
            "data": {"dataset": "digits", "limit": 120, "hold_out": 60},
            "recipe": {"epochs": 2},
            "baseline": "A",
            "variants": {name: {**NET, "growth_rate": width} for name, width in WIDTHS.items()},
            "seeds": {"least": 3, "most": 6},
            **changes,
        }
    )


@pytest.fixture
def runs(quick: QuickRuns) -> QuickRuns:
    def error(cell: Cell, epoch: int) -> float:
        width = cell.architecture.growth_rate
        return MEANS[width] + float(np.random.default_rng([width, cell.seed]).normal())

    quick.error = error
    return quick


def seeds_of(folder: Path) -> dict[str, int]:
    return ablate.results(folder).groupby("variant").size().to_dict()


def test_seeds_go_where_a_comparison_is_open(runs: QuickRuns, tmp_path: Path) -> None:
    assert runs(race(), tmp_path).trained == sum(SEEDS.values())
    assert seeds_of(tmp_path / "race") == SEEDS
    compared = ablate.compare(tmp_path / "race")
    assert compared.rows["verdict"].tolist()[1:] == ["better", "undecided"]
    assert compared.of_rows.looked == (3, 6)
    assert runs(race(), tmp_path).trained == 0


def test_it_stops_where_all_is_settled(runs: QuickRuns, tmp_path: Path) -> None:
    assert runs(race(margin=40.0), tmp_path).trained == 9
    assert ablate.compare(tmp_path / "race").rows["verdict"].tolist()[1:] == [
        "differs by less than the margin",
        "equal",
    ]


def test_stopped_at_every_cell_it_comes_to_the_same_end(runs: QuickRuns, tmp_path: Path) -> None:
    runs(race(), tmp_path / "whole")
    for _ in range(sum(SEEDS.values()) - 1):
        runs.stop_after = len(runs.trained) + 1
        with pytest.raises(Stop):
            runs(race(), tmp_path / "parts")
    runs.stop_after = None
    assert runs(race(), tmp_path / "parts").trained == 1
    whole, parts = (ablate.compare(tmp_path / name / "race") for name in ("whole", "parts"))
    assert parts.answer == whole.answer and seeds_of(tmp_path / "parts" / "race") == SEEDS


def test_a_list_of_seeds_is_extended_by_a_race(runs: QuickRuns, tmp_path: Path) -> None:
    assert runs(race(seeds=[0, 1]), tmp_path).trained == 6
    assert runs(race(), tmp_path).trained == sum(SEEDS.values()) - 6


def test_a_longer_race_goes_on(runs: QuickRuns, tmp_path: Path) -> None:
    runs(race(), tmp_path)
    assert runs(race(seeds={"least": 3, "most": 8}), tmp_path).trained >= 2 * 2
    assert seeds_of(tmp_path / "race")["B"] >= SEEDS["B"]
