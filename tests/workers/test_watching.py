"""Cells of a search that are stopped early: who, when, and what the record keeps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.cells import Cell
from ablate.records import Record, RunFolder, Summary
from ablate.sampling import history_of
from ablate.study import Study
from tests.engine.little_search import QuickRuns, search_of

EPOCHS = 4  # rungs at 1 and 3
WIDTHS: dict[str, Any] = {"growth_rate": {"int": [1, 6]}}
RECIPE = {"epochs": EPOCHS, "schedule": "one_cycle", "lr": 0.05, "batch_size": 32}


def growth(cell: Cell) -> int:
    found = cell.document()["architecture"]["growth_rate"]
    assert isinstance(found, int)
    return found


def grid(**changes: Any) -> Study:
    return search_of(
        space={**WIDTHS, "activation_order": None, "dropout": None},
        sampler={"name": "grid"},
        budget={},
        recipe=RECIPE,
        **changes,
    )


def states(summary: Summary) -> list[str]:
    found: list[str] = ablate.results(summary.folder)["state"].tolist()
    return found


def test_pareto_stops_the_dearer_and_worse(quick: QuickRuns, tmp_path: Path) -> None:
    """Each network is dearer than the ones before; the first three are better by 2 points."""
    quick.error = lambda cell, epoch: 20.0 if growth(cell) <= 3 else 18.0 + growth(cell)
    both = {"error": "minimize", "params": "minimize"}
    study = grid(pruner={"name": "pareto", "margin": 2.5}, objectives=both)
    found = quick(study, tmp_path)
    assert states(found) == ["done"] * 4 + ["pruned"] * 2  # 4 is 2 points behind, 5 is 3
    table = ablate.results(found.folder)
    pruned = table[table["state"] == "pruned"]
    assert set(pruned["reason"]) == {
        f"stopped at epoch 1 of 4 with an error of {18 + k:.2f} %; 3 cells no dearer were more "
        "than 2.5 points better there"
        for k in (5, 6)
    }
    assert found.exit_code == 0 and found.search is not None and found.search.is_over
    # A good one that is dear is not behind, and nor is a bad one that is cheap.
    quick.error = lambda cell, epoch: 40.0 - growth(cell)
    assert set(states(quick(study, tmp_path / "falling"))) == {"done"}


def test_pareto_without_costs_and_by_what_is_dear(quick: QuickRuns, tmp_path: Path) -> None:
    quick.error = lambda cell, epoch: 20.0 if growth(cell) > 4 else 30.0
    maximised = {"error": "minimize", "params": "maximize"}
    pruner = {"name": "pareto", "neighbours": 1}
    wide = grid(pruner=pruner, objectives=maximised, name="wide")
    # The small come first: nobody is there to compare them with.
    assert set(states(quick(wide, tmp_path))) == {"done"}
    quick.error = lambda cell, epoch: 30.0 if growth(cell) > 4 else 20.0
    # Larger counts as cheaper here: the small and better ones are no rivals of the large.
    assert set(states(quick(wide, tmp_path / "2"))) == {"done"}
    alone = grid(pruner=pruner, name="alone")
    assert states(quick(alone, tmp_path / "3")) == ["done"] * 4 + ["pruned"] * 2


def test_pareto_looks_at_every_rung(quick: QuickRuns, tmp_path: Path) -> None:
    """What was stopped at one still counts there, and at those before it."""

    def error(cell: Cell, epoch: int) -> float:
        late = {1: 9, 2: 9, 3: 1, 4: 3, 5: 4, 6: 2}[growth(cell)]
        return 50.0 if epoch >= late else 20.0

    quick.error = error
    found = quick(grid(pruner={"name": "pareto", "neighbours": 2}), tmp_path)
    table = ablate.results(found.folder)
    assert table["stopped_epoch"].fillna(0).tolist() == [0, 0, 1, 3, 0, 3]
    attempts = Record.open(RunFolder(found.folder)).attempts_in_order()
    assert [sorted(each.rungs) for each in attempts] == [[0, 1]] * 2 + [[0]] + [[0, 1]] * 3


def test_a_noisy_rung_forgives_more_unless_a_margin_is_fixed(
    quick: QuickRuns, tmp_path: Path
) -> None:
    """With the epoch of the second rung errors rise or fall by 8, and by 2 for each width."""

    def error(cell: Cell, epoch: int) -> float:
        number = growth(cell)
        return 50.0 + (2 * number + 8 * (-1) ** number if epoch == 3 else 0)

    quick.error = error
    found = quick(grid(pruner={"name": "pareto"}), tmp_path / "noisy")
    assert states(found) == ["done"] * 6  # 18.9 points are forgiven
    attempts = Record.open(RunFolder(found.folder)).attempts_in_order()
    changes = [-6.0, 12.0, -2.0, 16.0, 2.0, 20.0]
    # What the epoch before the first rung, the first of all, had changed nobody knows.
    assert [dict(each.changes) for each in attempts] == [{1: change} for change in changes]
    fixed = quick(grid(pruner={"name": "pareto", "margin": 1.0}), tmp_path / "fixed")
    assert states(fixed) == ["done", "done", "done", "pruned", "done", "pruned"]


def test_what_is_kept_of_a_pruned_cell(quick: QuickRuns, tmp_path: Path) -> None:
    quick.error = lambda cell, epoch: 20.0 if growth(cell) <= 3 else 60.0 - epoch
    found = quick(grid(pruner={"name": "pareto"}), tmp_path)
    table = ablate.results(found.folder)
    row = table[table["state"] == "pruned"].iloc[0]
    assert (row["stopped_epoch"], row["stopped_error"]) == (1, 59.0)
    assert row["train_seconds"] == 1.5  # one epoch
    assert row.isna()[["error", "loss", "device"]].all()
    assert (row["attempts"], row["epochs"]) == (1, EPOCHS)
    for attempt in Record.open(RunFolder(found.folder)).attempts_in_order():
        if attempt.state == "pruned":
            assert not attempt.free and attempt.outcome == "pruned"
    assert found.search is not None
    # Three cells of three epochs less, each of 1.5 s.
    assert found.search.saved_hours * 3600 == pytest.approx(3 * 3 * 1.5)
    assert found.search.pruned_hours * 3600 == pytest.approx(3 * 1.5)
    assert found.search.hours_used * 3600 == pytest.approx((3 * 4 + 3) * 1.5)


def test_the_last_epoch_is_not_stopped(quick: QuickRuns, tmp_path: Path) -> None:
    quick.error = lambda cell, epoch: 60.0 if growth(cell) > 3 and epoch == EPOCHS else 20.0
    for number, name in enumerate(("pareto", "median")):
        pruner = {"name": name, **({"startup": 1} if name == "median" else {})}
        assert set(states(quick(grid(pruner=pruner), tmp_path / str(number)))) == {"done"}


@pytest.mark.parametrize(
    "pruner", [{"name": "median", "startup": 3}, {"name": "asha"}, {"name": "hyperband"}]
)
def test_optunas_pruners_stop_what_is_worse(
    pruner: dict[str, Any], quick: QuickRuns, tmp_path: Path
) -> None:
    quick.error = lambda cell, epoch: 10.0 * growth(cell) - epoch / 10
    found = quick(grid(pruner=pruner), tmp_path)
    table = ablate.results(found.folder)
    pruned = table[table["state"] == "pruned"]
    assert table["state"].iloc[0] == "done" and len(pruned) >= 2
    assert pruned["stopped_epoch"].between(1, EPOCHS - 1).all()
    assert pruned["reason"].str.endswith(f" % by {pruner['name']}").all()


def test_infeasible_points_are_no_rivals(quick: QuickRuns, tmp_path: Path) -> None:
    quick.error = lambda cell, epoch: 60.0 if growth(cell) == 2 else 20.0
    study = grid(pruner={"name": "pareto", "neighbours": 1}, limits={"params": 2000})
    assert states(quick(study, tmp_path))[:3] == ["done", "pruned", "done"]


def test_loss_is_what_optunas_pruners_compare_if_it_is_the_objective(
    quick: QuickRuns, tmp_path: Path
) -> None:
    """Here the loss is a fiftieth of the error."""
    quick.error = lambda cell, epoch: 10.0 * growth(cell)
    study = grid(pruner={"name": "asha"}, objectives={"loss": "minimize"})
    folder = quick(study, tmp_path).folder
    trials = Record.open(RunFolder(folder)).study.get_trials()
    assert {t.intermediate_values[1] for t in trials} == {growth / 5 for growth in range(1, 7)}


def test_a_sampler_is_told_where_a_cell_was_stopped(quick: QuickRuns, tmp_path: Path) -> None:
    quick.error = lambda cell, epoch: 20.0 if growth(cell) <= 3 else 60.0 - epoch
    objectives = {"error": "minimize", "train_seconds": "minimize", "params": "minimize"}
    study = grid(pruner={"name": "pareto"}, objectives=objectives)
    found = quick(study, tmp_path)
    assert study.search is not None
    history = history_of(Record.open(RunFolder(found.folder)), study.search)
    last = history[-1].told
    assert last is not None and last.state == "done"
    params = ablate.results(found.folder)["params"].iloc[-1]
    assert last.objectives == (59.0, 1.5 * EPOCHS, params)  # as if it had gone on
