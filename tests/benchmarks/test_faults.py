"""Schedules of faults: how they are drawn, what is seen to be wrong, a short one carried out."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ablate import cli, figures
from benchmarks.faults.checking import Undisturbed
from benchmarks.faults.fault import Fault, Struck
from benchmarks.faults.files import FILES
from benchmarks.faults.scene import Call, Scene
from benchmarks.faults.schedules import FAULTS, Schedule, schedules
from benchmarks.faults.survival import Survival, by_fault, in_conditions, kept_rows
from benchmarks.faults.trial import ALL, Trial

CELLS = 4


def test_faults_of_a_moment_come_equally_often() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    drawn = schedules(seed=1, count=20, runs=4)
    came = Counter(fault.name for each in drawn for row in each.rows for fault in row)
    for moment in {fault.when for fault in FAULTS}:
        of_moment = [came[fault.name] for fault in FAULTS if fault.when == moment]
        assert max(of_moment) - min(of_moment) <= 1
    assert drawn == schedules(seed=1, count=20, runs=4) != schedules(seed=2, count=20, runs=4)
    assert drawn[:3] == schedules(seed=1, count=3, runs=4)


def test_rows_are_kept_with_their_conditions(tmp_path: Path) -> None:
    row = {"schedule": 3, "study": "design", "record": "file", "fault": "flood"}
    rows = [row | {"problems": "wet", "survived": 0}, row | {"problems": "", "survived": 1}]
    path = tmp_path / "faults.csv"
    assert kept_rows(path, cells=40) == []
    in_conditions(rows, cells=40).write_csv(path)
    assert kept_rows(path, cells=40) == rows
    assert by_fault(rows, ["drought", "flood"]) == [{"fault": "flood", "survived": 1, "tried": 2}]
    with pytest.raises(ValueError, match="has cells 40, not 20"):
        kept_rows(path, cells=20)


@dataclass
class CallHere(Call):
    """A command that has been carried out in this process."""

    ended: int

    @property
    def code(self) -> int:
        return self.ended

    def workers(self) -> list[Any]:
        return []

    def has(self, process: Any) -> bool:
        return False


class SceneHere(Scene):
    """One whose commands run in this process, as starting them takes seconds each."""

    def run(self, jobs: int = 0) -> Call:
        return super().run(jobs)

    def call(self, *arguments: str) -> Call:
        output = self.home / f"output{len(self.calls)}.txt"
        code = 0
        with output.open("w") as stream, redirect_stdout(stream), redirect_stderr(stream):
            try:
                cli.main([*arguments])
            except SystemExit as leaving:
                code = int(leaving.code or 0)
        self.calls.append(CallHere(None, output, code))  # type: ignore[arg-type]
        return self.calls[-1]

    def close(self) -> None:
        self.disk.close()


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(figures, "figures_of", lambda run: [])
    with closing(SceneHere.set(tmp_path / "scene", "design", CELLS, Random(0))) as made:
        yield made


def carried_out(scene: Scene, undisturbed: Undisturbed, *faults: Fault) -> Trial:
    schedule = Schedule(0, 1, tuple((fault,) for fault in faults))
    trial = Trial(schedule, scene, undisturbed, tell=lambda line: None)
    for row in schedule.rows:
        trial.disturb(row)
    assert trial.finish(CELLS) == []
    return trial


SHORT = ("plan.json with a bit turned", "cell folder deleted", "study.db cut")


@pytest.mark.heavy
@pytest.mark.parametrize("names", [SHORT, pytest.param((), marks=pytest.mark.slow)])
def test_a_short_schedule_is_survived(scene: Scene, names: tuple[str, ...]) -> None:
    """Of few faults or, where none is named, of all that befall files."""
    faults = [fault for fault in FILES if not names or fault.name in names]
    assert scene.run().code == 0, scene.calls[-1].said
    undisturbed = Undisturbed.of(scene.folder)
    trial = carried_out(scene, undisturbed, *faults)
    problems = {each.fault: each.problems for each in trial.results}
    assert problems.keys() == {each.name for each in faults if "checkpoint" not in each.name}
    assert not any(problems.values()), problems


def of_no_consequence(scene: Scene, call: Call | None) -> Struck:
    return Struck("words that nobody says")


def images_gone(scene: Scene, call: Call | None) -> Struck:
    """Which ends the run with 5; here that may not be."""
    away = scene.data.rename(scene.home / "away")
    return Struck(mend=lambda: away.exists() and away.rename(scene.data) and None)


@pytest.mark.slow
def test_what_is_wrong_is_seen(scene: Scene) -> None:
    assert scene.run().code == 0, scene.calls[-1].said
    found = Undisturbed.of(scene.folder)
    key, cell = scene.done()[0].name, scene.done()[1].name
    other = replace(
        found,
        weights={**found.weights, key: b""},
        rows={**found.rows, cell: {**found.rows[cell], "error": 1.5}},
    )
    faults = [
        Fault(each.__name__, "between runs", each) for each in (of_no_consequence, images_gone)
    ]
    trial = Trial(Schedule(0, 1, ()), scene, other, tell=lambda line: None)
    for fault in faults:
        trial.disturb([fault])
    unequal = [f"{cell}: error is {found.rows[cell]['error']}, not 1.5", f"{key}: other weights"]
    said, ended = ({*each.problems} for each in trial.results)
    assert said == {*unequal, "nobody says `words that nobody says`"}
    assert ended == {*unequal, "output2.txt: exit code 5"}
    assert {*trial.finish(CELLS + 1)} == {*unequal, "4 cells in place of 5"}


@pytest.mark.slow
def test_a_schedule_with_all_that_it_takes(tmp_path: Path) -> None:
    """Two processes that train, signals, a small disk."""
    rows = Survival(tmp_path, cells=12).carry_out(schedules(seed=1, count=1, runs=3)[0])
    # How many come depends on the machine: beside a second run one may end before the next fault.
    assert len(rows) > 1 and rows[-1]["fault"] == ALL
    assert not [row for row in rows if row["problems"]]
