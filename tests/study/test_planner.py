"""Planners: what follows from what is known of a run, without a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ablate.cells import DATASETS, DatasetFacts, PlannedCell, State
from ablate.study import Planner, Standing, Study, StudyCell, load_study

FACTS = DATASETS["digits"]
assert FACTS is not None
HEAD = {"data": {"dataset": "digits"}, "recipe": {"epochs": 1}}
NET = {"family": "densenet", "depth": 7, "growth_rate": 2}
CHANGES = {"a": {"growth_rate": 4}, "b": {"dropout": 0.1}, "c": {"compression": 0.5}}
FIRST = ["baseline", "a", "b", "c"]


@dataclass(frozen=True)
class Cell:
    """How a cell stands."""

    state: State = "done"
    error: float | None = None
    seconds: float = 0.0


def path(*seeds: int, **design: Any) -> Study:
    asked = {"kind": "path", "baseline": NET, "changes": CHANGES, **design}
    return load_study({"name": "p", **HEAD, "design": asked, "seeds": list(seeds or [0])})


def planner_of(study: Study) -> Planner:
    assert study.planner is not None
    return study.planner


def facts() -> DatasetFacts:
    assert FACTS is not None
    return FACTS


def planned(variant: str, seed: int) -> PlannedCell:
    costs = dict.fromkeys(("params", "macs", "flops", "saved_bytes", "peak_bytes"), 1)
    return PlannedCell(
        variant, {}, seed, f"{variant} {seed}", "validation", 1, predicted_seconds=None, **costs
    )


def standing(cells: Mapping[tuple[str, int], Cell | float], **more: Any) -> Standing:
    """Cells by variant and seed, each as it stands, or done with an error."""
    attempts = {
        f"{variant} {seed}": cell if isinstance(cell, Cell) else Cell(error=cell)
        for (variant, seed), cell in cells.items()
    }
    return Standing([planned(*name) for name in cells], attempts, **more)


def names(cells: Iterable[StudyCell]) -> list[str]:
    return [f"{cell.variant} {cell.seed}" for cell in cells]


def following(study: Study, cells: Mapping[tuple[str, int], Cell | float]) -> list[str]:
    return names(planner_of(study).next(standing(cells), facts).cells)


def first_round(*errors: Cell | float, seed: int = 0) -> dict[tuple[str, int], Cell | float]:
    return {(name, seed): error for name, error in zip(FIRST, errors, strict=True)}


def test_a_path_lists_its_first_round() -> None:
    assert names(path().cells()) == [f"{name} 0" for name in FIRST]


def test_the_next_round_tries_what_is_left_on_top_of_the_best() -> None:
    assert following(path(), first_round(9, 8, 5, 7)) == ["b + a 0", "b + c 0"]
    second = {("b + a", 0): 4.0, ("b + c", 0): 4.5}
    assert following(path(), first_round(9, 8, 5, 7) | second) == ["b + a + c 0"]


@pytest.mark.parametrize(
    "cells",
    [
        first_round(9, 9, 9, 9),  # nobody wins
        first_round(9, 8, 5, Cell("failed")),  # a hole
        first_round(9, 8, 5, Cell("waiting")),
        first_round(9, 5, 8, 8) | {("a + b", 0): 5.0, ("a + c", 0): Cell("diverged")},
    ],
)
def test_a_path_goes_on_by_what_is_known_alone(cells: Any) -> None:
    assert following(path(), cells) == []


def test_an_outcome_loses_its_round() -> None:
    cells = first_round(9, Cell("oom"), 8, 7)
    assert following(path(), cells) == ["c + a 0", "c + b 0"]


def test_every_seed_of_the_study_decides_and_is_trained() -> None:
    second = ["b + a 0", "b + a 1", "b + c 0", "b + c 1"]
    cells = first_round(9, 8.6, 4, 8.9) | first_round(9.2, 9, 4.3, 9.3, seed=1)
    assert following(path(0, 1), cells) == second
    # Better by noise alone: a with the first seed, b with both.
    noisy = first_round(9, 5, 8, 8) | first_round(9, 9, 4, 8, seed=1)
    assert following(path(0, 1), noisy) == []
    assert following(replace(path(0, 1), steps_are="observed"), noisy) == second
    # One that was added is to be trained before anything is decided.
    assert following(path(0, 1), first_round(9, 5, 8, 8)) == [f"{name} 1" for name in FIRST]


def test_while_something_is_in_work_a_path_looks_at_nothing() -> None:
    def unread() -> DatasetFacts:
        raise AssertionError("nothing is to be built yet")

    seen = standing(first_round(9, 8, 5, 7), have_ended=False)
    assert planner_of(path()).next(seen, unread).cells == ()


def test_a_run_keeps_the_cells_of_a_path_that_was_turned() -> None:
    cells = first_round(9, 5, 8, 8) | {("b + a", 0): 7.0, ("of another study", 0): 1.0}
    listed = names(planner_of(path(0, 1)).so_far(standing(cells), facts()))
    assert listed == [f"{name} {seed}" for name in FIRST for seed in (0, 1)] + ["b + a 0"]


def test_how_many_cells_of_a_path_are_in_work_at_one_time() -> None:
    planner = planner_of(path(0, 1))
    assert planner.most_cells() == 2 * 7
    cells = {(name, seed): Cell("waiting") for name in FIRST for seed in (0, 1)}
    assert planner.at_once(standing(cells), 8) == 8
    assert planner.at_once(standing(cells), 1) == 4  # of the second round, two with two seeds
    assert planner.at_once(standing(cells), 0) == 0
