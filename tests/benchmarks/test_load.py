"""What runs of many cells take: the table, and at a small size the commands themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ablate.errors import AblateError, UsageError
from ablate.study import load_study
from benchmarks.app import main
from benchmarks.findings import Findings
from benchmarks.load import Task, bench_load, fixed, search


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Task]:
    """The commands that would have been run; each takes 5 s of a core, and 0.01 s a cell."""
    tasks: list[Task] = []

    def use(task: Task) -> dict[str, Any]:
        tasks.append(task)
        seconds = 5 + 0.01 * task.cells
        return {"core_seconds": seconds, "peak_bytes": 2**20, "wall_seconds": 2 * seconds}

    monkeypatch.setattr("benchmarks.load._used", use)
    return tasks


def test_a_row_tells_of_each_cell_and_of_those_that_came_to_it(
    asked: list[Task], tmp_path: Path
) -> None:
    told: list[Findings] = []
    sizes = {"planned": (100, 300), "trained": (100,), "searched": (7,)}
    found = bench_load(tmp_path, **sizes, jobs=3, on_row=told.append)
    assert len(told) == len(found.rows) == len(asked) == 12
    few, many = (row for row in found.rows if row["run"] == "plan, all counted")
    assert (few["each_seconds"], many["each_seconds"]) == pytest.approx((0.06, 0.08 / 3))
    assert few["more_seconds"] is None and many["more_seconds"] == pytest.approx(0.01)
    shares = {row["run"]: row["percent_of_60_s"] for row in found.rows if row["percent_of_60_s"]}
    assert shares == {
        "run, design": pytest.approx(100 * 6 / 100 / 60),
        "run, search": pytest.approx(100 * 5.07 / 7 / 60),
    }
    assert [task.words[0] for task in asked[4:]] == ["run", "status", "compare", "plot"] * 2
    assert found.conditions["jobs"] == 3


@pytest.mark.parametrize(
    ("options", "cells"),
    [(["--trained", "300", "--trained", "100"], {100, 300}), ([], {1_000, 10_000, 2_000, 500})],
)
def test_without_sizes_all_is_measured_else_what_is_asked_for(
    asked: list[Task], capsys: pytest.CaptureFixture[str], options: list[str], cells: set[int]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["load", *options])
    sizes = [task.cells for task in asked if task.words[0] in ("plan", "run")]
    assert cells <= {*sizes} and len(sizes) == (len(cells) if options else 12)
    assert sizes[:2] == ([100, 300] if options else [1_000, 1_000])
    assert "load: n 1, jobs 2" in capsys.readouterr().out


@pytest.mark.parametrize("cells", [100, 700])
def test_a_design_has_as_many_cells_as_asked_for(cells: int) -> None:
    assert len({cell.cell.key for cell in load_study(fixed(cells)).cells()}) == cells


def test_a_search_has_as_many_trials_as_asked_for() -> None:
    budget = load_study(search(7)).file.budget
    assert budget is not None and budget.trials == 7


@pytest.mark.parametrize("sizes", [{"planned": (150,)}, {"trained": (0,)}])
def test_a_size_that_no_design_has_is_refused(sizes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="must be multiples of 100"):
        bench_load(tmp_path, **sizes)


def test_a_command_that_fails_is_told_with_what_it_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.load.TINY", {"name": "load", "colour": "red"})
    with pytest.raises(AblateError, match=r"(?s)ablate run ended with 2: .*unknown key `colour`"):
        bench_load(tmp_path, searched=(1,))


@pytest.mark.slow
def test_commands_are_measured_as_they_are(tmp_path: Path) -> None:
    found = bench_load(tmp_path, planned=(100,), trained=(100,), searched=(3,), jobs=1)
    assert [row["cells"] for row in found.rows] == [100, 100, *[100] * 4, *[3] * 4]
    runs = {row["run"]: row for row in found.rows}
    assert runs["plan, all counted"]["core_seconds"] > 0.5  # torch is loaded
    for row in found.rows:
        assert row["core_seconds"] > 0 and 2**24 < row["peak_bytes"] < 2**33
    assert runs["status, design"]["peak_bytes"] < runs["run, design"]["peak_bytes"]  # no torch
    assert runs["run, design"]["percent_of_60_s"] < 5
