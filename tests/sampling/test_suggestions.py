"""The next cells of a search: checked, answered from the record, or queued."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.cells import DATASETS
from ablate.errors import NothingFeasible
from ablate.records import Attempt, Record, RunFolder
from ablate.sampling import Seen, Suggester, Told, judge, next_values, suggestions
from ablate.sampling.samplers import VIOLATION
from ablate.sampling.suggestions import ESCAPE, FREE_IN_A_ROW
from ablate.study import Study
from ablate.text import as_yaml
from tests.cli.conftest import call
from tests.engine.little_search import QuickRuns, attempts, made_up_error, search_of
from tests.plans import write_plan

FACTS = DATASETS["digits"]
assert FACTS is not None
# Of depth 7 there is no network with a bottleneck.
UNBUILDABLE: dict[str, Any] = {
    "depth": {"choice": [7, 10]},
    "bottleneck_width": {"choice": [None, 2]},
}


def free(folder: Path, why: str) -> list[Attempt]:
    return [attempt for attempt in attempts(folder) if attempt.free == why]


def seen(values: dict[str, Any], *, is_free: bool = False) -> Seen:
    return Seen(values, is_free, Told(values, "done", (10.0,), -0.1))


def points(study: Study) -> tuple[dict[str, Any], ...]:
    assert study.search is not None
    return tuple(study.search.space.grid())


# What is infeasible


def test_points_over_a_limit() -> None:
    study = search_of(limits={"params": "2k", "macs": "60k"})
    found = judge(study, points(study), FACTS)
    assert {bool(one.reason) for one in found} == {True, False}
    for one in found:
        assert one.cell is not None
        over = max(one.cell.params / 2000, one.cell.macs / 60_000) - 1
        assert one.violation == pytest.approx(over)
        assert bool(one.reason) == (over > 0)
        assert ("params: must be <= 2,000" in one.reason) == (one.cell.params > 2000)
        assert ("macs: must be <= 60,000" in one.reason) == (one.cell.macs > 60_000)


def test_exactly_at_a_limit_is_within_it() -> None:
    (first, *_) = judge(search_of(), points(search_of())[:1], FACTS)
    assert first.cell is not None and (first.violation, first.reason) == (0.0, "")
    study = search_of(limits={"params": first.cell.params})
    (again,) = judge(study, points(study)[:1], FACTS)
    assert (again.violation, again.reason) == (0.0, "")


def test_points_that_cannot_be_built() -> None:
    study = search_of(space=UNBUILDABLE)
    found = judge(study, points(study), FACTS)
    for one in found:
        is_broken = one.values["bottleneck_width"] is not None and one.values["depth"] == 7
        assert (one.cell is None, one.violation) == ((True, 1.0) if is_broken else (False, 0.0))
        assert one.reason.startswith("depth: ") == is_broken


def test_infeasible_suggestions_cost_nothing(quick: QuickRuns, tmp_path: Path) -> None:
    study = search_of(
        space=UNBUILDABLE, limits={"params": "3k"}, sampler={"name": "tpe"}, budget={"trials": 5}
    )
    summary = quick(study, tmp_path)
    assert summary.search is not None
    refused = free(summary.folder, "infeasible")
    assert (summary.trained, summary.search.infeasible) == (5, len(refused))
    assert len(refused) > 0 and summary.exit_code == 0
    for each in refused:
        assert each.state == "pruned"  # never "fail": nothing went wrong
        assert each.constraints[VIOLATION] > 0
        assert each.objectives == ()
        assert each.reason.startswith(("depth: ", "params: must be <= 3,000, got"))
    table = ablate.results(summary.folder)
    rows = table[table["state"] == "infeasible"]
    assert set(rows["trial"]) <= {each.suggestion for each in refused}
    assert rows["attempts"].eq(0).all() and rows["train_seconds"].isna().all()
    assert sorted(quick.trained) == sorted(table[table["state"] == "done"]["key"])
    assert not any((summary.folder / "cells" / str(key)).exists() for key in rows["key"])


@pytest.mark.parametrize("name", ["tpe", "grid"])
def test_nothing_feasible_is_exit_4(name: str, quick: QuickRuns, tmp_path: Path) -> None:
    """A small space is seen whole; every suggestion of a large one is a new failure."""
    budget = {} if name == "grid" else {"budget": {"trials": 3}}
    study = search_of(limits={"params": 100}, sampler={"name": name}, **budget)
    with pytest.raises(NothingFeasible) as caught:
        quick(study, tmp_path)
    assert caught.value.exit_code == 4
    text = f"{tmp_path}/little: nothing was trained: every point of the space was suggested; "
    assert str(caught.value).startswith(text)
    assert "points are infeasible, the nearest: params: must be <= 100, got" in str(caught.value)
    with pytest.raises(NothingFeasible):  # and again, at once
        quick(study, tmp_path)
    assert not quick.trained
    table = ablate.results(tmp_path / "little")
    # A point that was suggested again has no row of its own.
    assert len(table) == 16 and set(table["state"]) == {"infeasible"}
    assert (len(attempts(tmp_path / "little")) > 16) == (name == "tpe")
    assert table["trial"].is_monotonic_increasing


def test_many_infeasible_in_a_row_end_a_search(
    quick: QuickRuns,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert FREE_IN_A_ROW == 200  # each of which is a row in the record
    monkeypatch.setattr(suggestions, "FREE_IN_A_ROW", 30)
    wide = {"recipe": {"lr": {"float": [0.01, 0.1]}}, "growth_rate": 8}
    path = tmp_path / "search.yaml"
    study = search_of(space=wide, limits={"params": 100})
    path.write_text(as_yaml(study.tree.plain()), encoding="utf-8")
    here = ("--devices", "cpu", "--jobs", 0)
    code, _, err = call(capsys, "run", path, "--runs", tmp_path / "runs", *here)
    assert code == 4
    rest = "nothing was trained: the last 30 suggestions were infeasible or repeats; 30 points"
    assert rest in err and "Traceback" not in err
    assert len(attempts(tmp_path / "runs" / "little")) == 30
    assert not quick.trained


# What is repeated


def test_repeats_are_answered_from_the_record(quick: QuickRuns, tmp_path: Path) -> None:
    study = search_of(space={"dropout": None, "growth_rate": 4}, budget={"trials": 2})
    folder = quick(study, tmp_path).folder
    again = free(folder, "repeated")
    done = {each.key: each for each in attempts(folder) if not each.free}
    assert again and len(done) == 2
    for each in again:
        assert each.state == "complete"
        assert each.objectives == done[each.key].objectives
        assert each.knobs == done[each.key].knobs
    assert [made_up_error(key) for key in done] == [each.objectives[0] for each in done.values()]
    assert len(ablate.results(folder)) == 2


def test_a_repeat_of_a_cell_that_is_not_done_fails_and_is_free(tmp_path: Path) -> None:
    study = search_of(space={"dropout": None, "growth_rate": 4}, budget={"trials": 2})
    record = Record.create(RunFolder(tmp_path), "little")
    write_plan(tmp_path)
    assert Suggester(study, FACTS).top_up(record, 2) == 2
    made = record.attempts_in_order()
    assert Counter(each.state for each in made) == {"waiting": 2, "fail": len(made) - 2}
    assert len(made) > 2
    assert {each.free for each in made if each.state == "fail"} == {"repeated"}
    # Of these the sampler is told nothing, and they are no cells.
    assert len(record.planned()) == 2
    assert [each.suggestion for each in made] == list(range(len(made)))


# Small spaces


@pytest.mark.parametrize("name", ["random", "tpe", "grid"])
def test_a_small_space_is_exhausted_exactly(name: str, quick: QuickRuns, tmp_path: Path) -> None:
    budget = {} if name == "grid" else {"budget": {"trials": 100}}
    study = search_of(limits={"params": "2k"}, sampler={"name": name}, **budget)
    judged = judge(study, points(study), FACTS)
    expected = sorted({one.cell.key for one in judged if one.cell and not one.reason})
    summary = quick(study, tmp_path)
    assert sorted(quick.trained) == expected
    assert summary.exit_code == 0 and summary.search is not None
    assert summary.search.exhausted.startswith("every point of the space was suggested; ")
    table = ablate.results(summary.folder)
    assert sorted(table[table["state"] == "done"]["key"]) == expected
    assert len(table) == 16
    if name == "grid":
        assert table["trial"].tolist() == list(range(16))
        assert table["growth_rate"].tolist() == [p["growth_rate"] for p in points(study)]
    again = quick(study, tmp_path)
    assert (again.trained, again.exit_code) == (0, 0)


def test_two_points_of_one_network_are_trained_once(quick: QuickRuns, tmp_path: Path) -> None:
    """With one layer a block the last source is all sources."""
    connectivity = {"choice": ["dense", "one_shot", "log"]}
    study = search_of(
        space={"connectivity": connectivity, "dropout": None, "growth_rate": 4},
        sampler={"name": "grid"},
        budget={},
    )
    summary = quick(study, tmp_path)
    assert summary.search is not None
    assert (summary.trained, summary.search.repeated) == (2, 4)


def test_a_sampler_that_ran_aground_gets_points_that_were_never_tried() -> None:
    study = search_of(space={"dropout": None}, sampler={"name": "tpe"})
    assert study.search is not None
    all_points = points(study)
    history = [seen(point) for point in all_points[:5]]
    repeats = [*history, *(seen(all_points[0], is_free=True) for _ in range(ESCAPE))]
    found, memory = next_values(study.search, all_points, repeats, ESCAPE)
    assert found in all_points[5:] and memory == {}
    assert (found, memory) == next_values(study.search, all_points, repeats, ESCAPE)
    assert next_values(study.search, all_points, repeats, FREE_IN_A_ROW) == (None, {})
    whole = [seen(point) for point in all_points]
    assert next_values(study.search, all_points, whole, ESCAPE) == (None, {})


def test_in_a_space_too_large_to_list_it_draws_at_random() -> None:
    study = search_of(space={"dropout": {"float": [0.0, 0.3]}}, sampler={"name": "tpe"})
    assert study.search is not None
    found, memory = next_values(study.search, (), [], ESCAPE)
    assert found and memory == {}


def test_a_grid_goes_on_with_what_it_lacks() -> None:
    """Also where a space was widened, so that there are new points before the old ones."""
    study = search_of(space={"dropout": None}, sampler={"name": "grid"}, budget={})
    assert study.search is not None
    history: list[Seen] = []
    while (found := next_values(study.search, (), history, 0)[0]) is not None:
        history.append(seen(dict(found)))
    assert [one.values for one in history] == list(points(study))
    wider = search_of(
        space={"dropout": None, "growth_rate": {"int": [2, 10], "step": 2}},
        sampler={"name": "grid"},
        budget={},
    )
    assert wider.search is not None
    assert next_values(wider.search, (), history[:3] + history[4:], 0)[0] == points(study)[3]
    assert next_values(wider.search, (), history, 0)[0] == points(wider)[8]
