"""A verb reads a run's record once, so that all it says is of one moment."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate import engine
from ablate.cli import main
from ablate.records import Record, RunFolder
from ablate.storage import FileStore

OLD = sorted((Path(__file__).parent / "old_runs").glob("*/finished-*/plan.json"))


@pytest.fixture(params=OLD, ids=lambda plan: plan.parent.name)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A finished run folder, alone in a folder of runs."""
    kept: Path = request.param.parent
    return shutil.copytree(kept, tmp_path / "runs" / kept.name)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """How often the record of each run folder was opened, and read since; by whatever way."""
    counts: Counter[Path] = Counter()
    whole, trials = Record.open, Record._trials
    quickly = FileStore.read

    def count(cls: type[Record], folder: RunFolder, **options: Any) -> Record:
        counts[folder.path] += 1
        return whole(folder, **options)

    def count_readings(record: Record) -> Any:
        counts[record.folder.path / "trials"] += 1
        return trials(record)

    def count_both(store: FileStore) -> Any:
        counts.update([store.database.parent, store.database.parent / "trials"])
        return quickly(store)

    monkeypatch.setattr(FileStore, "read", count_both)
    monkeypatch.setattr(Record, "open", classmethod(count))
    monkeypatch.setattr(Record, "_trials", count_readings)
    return counts


@pytest.mark.parametrize(
    "verb",
    [
        ["status"],
        ["status", "--json"],
        ["compare"],
        ["compare", "--all", "--json"],
        ["compare", "--classes"],
        ["plot", "--out", "figures"],
        ["plot", "effects", "--out", "figures"],
        pytest.param(["export", "best", "--out", "best"], marks=pytest.mark.heavy),
    ],
    ids=" ".join,
)
def test_of_the_command(
    run: Path, opened: Counter[Path], verb: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run.parent)
    name, *options = verb
    with pytest.raises(SystemExit) as left:
        main([name, str(run), *options])
    assert left.value.code in (None, 0)
    assert opened == {run: 1, run / "trials": 1}


def test_of_the_table(run: Path, opened: Counter[Path]) -> None:
    ablate.results(run)
    assert opened == {run: 1, run / "trials": 1}


@pytest.mark.heavy
def test_of_what_is_chosen_for_a_confirmation(run: Path, opened: Counter[Path]) -> None:
    engine.confirmation(run, "best")
    assert (opened[run], opened[run / "trials"]) == (1, 1)


def test_a_run_says_of_itself_what_its_head_says(run: Path) -> None:
    """What `results()` promises of a DataFrame's `attrs`, and nothing in here reads."""
    table = ablate.results(run)
    assert table.attrs["subject"] == "digits" and {"baseline", "sweep_keys"} <= table.attrs.keys()


def test_only_who_hands_out_a_table_sets_its_attrs() -> None:
    package = Path(ablate.__file__).parent
    found = {
        str(path.relative_to(package)): line.strip()
        for path in sorted(package.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if ".attrs" in line
    }
    assert found.keys() == {
        "analysis/answers.py",
        "analysis/results.py",
        "cli/measure.py",
        "measuring/measure.py",
    }
