"""A search that goes on: with more budget, in a wider space; and what is another search."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

import ablate
from ablate.errors import RunFolderError
from ablate.machine import this_process
from ablate.records import Record, RunFolder
from tests.engine.little_search import QuickRuns, Stop, attempts, search_of


def test_more_budget_extends_and_less_is_complete(quick: QuickRuns, tmp_path: Path) -> None:
    quick(search_of(budget={"trials": 3}), tmp_path)
    assert len(quick.trained) == 3
    more = quick(search_of(budget={"trials": 5}), tmp_path)
    assert (more.trained, more.total, more.exit_code) == (2, 5, 0)
    less = quick(search_of(budget={"trials": 2}), tmp_path)
    assert (less.trained, less.total, less.exit_code) == (0, 5, 0)
    assert less.search is not None and less.search.is_over
    at_once = quick(search_of(budget={"trials": 5}), tmp_path / "elsewhere").folder
    pd.testing.assert_frame_equal(ablate.results(at_once), ablate.results(more.folder))


WIDER: dict[str, Any] = {
    "growth_rate": {"int": [2, 12], "step": 2},
    "activation_order": {"choice": ["pre", "post"]},
    "dropout": {"float": [0.0, 0.4], "step": 0.1, "when": {"growth_rate": ">= 6"}},
    "connectivity": {"choice": ["one_shot", "dense", {"fraction": 0.5}]},
}
NARROW = {
    "growth_rate": {"int": [4, 8], "step": 2},
    "activation_order": {"choice": ["pre"]},
    "dropout": {"float": [0.1, 0.2], "step": 0.1, "when": {"growth_rate": ">= 6"}},
    "connectivity": {"choice": ["dense", "one_shot"]},
}


@pytest.mark.parametrize("name", ["tpe", "nsga2", "grid"])
def test_a_wider_space_extends_a_search(name: str, quick: QuickRuns, tmp_path: Path) -> None:
    sampler = {"name": name}
    first = quick(
        search_of(space=NARROW, sampler=sampler, budget={"trials": 3}, limits={"params": "3k"}),
        tmp_path,
    )
    before, columns = attempts(first.folder), ablate.results(first.folder)
    wide = search_of(space=WIDER, sampler=sampler, budget={"trials": 8}, limits={"params": "3k"})
    more = quick(wide, tmp_path)
    assert (more.trained, more.total, more.exit_code) == (5, 8, 0)
    assert len(set(quick.trained)) == 8
    after = attempts(first.folder)
    assert wide.search is not None
    for old, new in zip(before, after, strict=False):
        assert replace(new, ranges=old.ranges) == old
    table = ablate.results(first.folder)
    pd.testing.assert_frame_equal(table.iloc[: len(columns)], columns, check_dtype=False)
    for each in after[len(before) :]:
        wide.search.space.build(each.knobs)
    assert {"pre", "post"} == set(table["activation_order"])


def test_an_exhausted_search_goes_on_in_a_wider_space(quick: QuickRuns, tmp_path: Path) -> None:
    small = search_of(space={"dropout": None, "growth_rate": 4}, budget={"trials": 50})
    assert small.search is not None
    assert quick(small, tmp_path).total == 2
    wider = {"dropout": None, "growth_rate": 4, "activation_order": {"choice": ["post", "pre"]}}
    same = quick(search_of(space=wider, budget={"trials": 50}), tmp_path)
    assert same.total == 2  # another order of the same options
    two = {"dropout": None, "activation_order": {"choice": ["pre", "post"]}}
    with pytest.raises(RunFolderError, match=r"growth_rate: 4 became 2\.\.8 in steps of 2"):
        quick(search_of(space=two, budget={"trials": 50}), tmp_path)


@pytest.mark.parametrize("name", ["grid", "tpe"])
def test_an_exhausted_space_may_be_widened(name: str, quick: QuickRuns, tmp_path: Path) -> None:
    budget = {"budget": {}} if name == "grid" else {"budget": {"trials": 90}}
    small: dict[str, Any] = {"dropout": None, "growth_rate": {"int": [4, 6], "step": 2}}
    first = quick(search_of(space=small, sampler={"name": name}, **budget), tmp_path)
    assert first.search is not None and first.search.exhausted and first.total == 4
    wide = search_of(
        space={**small, "growth_rate": {"int": [2, 8], "step": 2}}, sampler={"name": name}, **budget
    )
    more = quick(wide, tmp_path)
    assert (more.trained, more.total, len(set(quick.trained))) == (4, 8, 8)
    assert more.search is not None
    assert more.search.exhausted == "every point of the space was suggested"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"space": {"growth_rate": {"int": [4, 8], "step": 2}}}, "growth_rate: 2..8 in steps of 2"),
        ({"space": {"activation_order": {"choice": ["pre"]}}}, "activation_order: ['pre', 'post']"),
        ({"space": {"dropout": None}}, "dropout: 0..0.2 in steps of 0.1 is gone"),
        ({"space": {"stem_channels": 8}}, "stem_channels: 4 became 8"),
        ({"sampler": {"name": "tpe"}}, "another sampler"),
        ({"sampler": {"name": "random", "seed": 1}}, "another sampler"),
        ({"pruner": {"name": "median"}}, "another pruner"),
        ({"objectives": {"loss": "minimize"}}, "another objectives"),
        ({"limits": {"params": "2k"}}, "another limits"),
        ({"seeds": [1]}, "another seeds"),
        ({"recipe": {"epochs": 3}}, "another recipe"),
        ({"data": {"dataset": "digits", "limit": 100}}, "another data"),
    ],
)
def test_another_search_is_refused(
    changes: dict[str, Any], reason: str, quick: QuickRuns, tmp_path: Path
) -> None:
    folder = _once(quick, tmp_path)
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(RunFolderError) as caught:
        quick(search_of(**changes), tmp_path)
    text = str(caught.value)
    assert text.startswith(f"{folder}: holds another question: ") and reason in text
    assert "--- in the folder\n+++ asked for\n@@" in text
    assert text.endswith("for anything else give it a folder of its own with --as NAME")
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def _once(quick: QuickRuns, tmp_path: Path) -> Path:
    quick.stop_after = 0
    with pytest.raises(Stop):
        quick(search_of(), tmp_path)
    return tmp_path / "little"


def test_objectives_in_another_order_are_refused(quick: QuickRuns, tmp_path: Path) -> None:
    """The values of all trials stand in one order."""
    quick(search_of(objectives={"error": "minimize", "params": "minimize"}), tmp_path)
    with pytest.raises(RunFolderError, match="another objectives"):
        quick(search_of(objectives={"params": "minimize", "error": "minimize"}), tmp_path)


def test_searches_and_fixed_designs_keep_apart(
    quick: QuickRuns, tiny_study: Path, tmp_path: Path
) -> None:
    tiny = ablate.load_study(tiny_study)
    folder = quick(search_of(budget={"trials": 1}), tmp_path).folder
    with pytest.raises(RunFolderError, match="holds another question: it is a search"):
        quick(tiny, tmp_path, name=folder.name)
    other = quick(tiny, tmp_path).folder
    with pytest.raises(RunFolderError, match="holds another question: it is no search"):
        quick(search_of(), tmp_path, name=other.name)


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_a_space_is_not_widened_while_another_run_works(quick: QuickRuns, tmp_path: Path) -> None:
    folder = _once(quick, tmp_path)
    record = Record.open(RunFolder(folder))
    record.reap()
    trial = record.study.ask()
    above = psutil.Process().parent()
    assert above is not None
    host = this_process()["host"]
    owner = {"host": host, "pid": above.pid, "start": above.create_time()}  # as earlier versions
    trial.set_user_attr("owner", owner)
    before = {p: p.read_bytes() for p in folder.iterdir() if p.suffix in (".yaml", ".json")}
    wide = search_of(space={"growth_rate": {"int": [2, 10], "step": 2}})
    with pytest.raises(RunFolderError, match="once the run that works here has stopped"):
        quick(wide, tmp_path)
    assert {p: p.read_bytes() for p in before} == before
