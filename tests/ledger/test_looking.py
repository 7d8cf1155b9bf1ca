"""A look is written down before anything is evaluated, once, and never changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import LaterFormat, RunFolderError
from ablate.ledger import SELECTION, Look, begun_before, looking, looks
from ablate.records import RunFolder
from tests.ledger.conftest import DATA, planned

MakeRecord = Callable[..., Any]
WHEN = "2026-01-02T03:04:05+00:00"


def look_at(record: Any, *keys: str, data: str = DATA, **errors: float) -> None:
    """Evaluate cells of a record, those with errors to the end."""
    with looking(record, [planned(key) for key in keys], data):
        record.errors |= errors


def look_at_and_stop(record: Any, *keys: str, **errors: float) -> None:
    with looking(record, [planned(key) for key in keys], DATA):
        record.errors |= errors
        raise KeyboardInterrupt


def files(runs: Path) -> dict[Path, bytes]:
    paths = [*runs.glob("_test_looks/*/*"), *runs.glob("**/looks/*")]
    return {path: path.read_bytes() for path in paths}


def test_a_look_begins_before_its_cells_and_its_errors_come_after(record: MakeRecord) -> None:
    run = record("growth")
    cells = [planned("a", "A", 0), planned("b", "B", 1), planned("h", "B", split="validation")]
    with looking(run, cells, DATA):
        (begun,) = looks(run.folder, [DATA]).all
        assert (begun.run, begun.verb, begun.data_sha256) == ("growth", "run", DATA)
        assert (begun.variants, begun.seeds, begun.keys) == (("A", "B"), (0, 1), ("a", "b"))
        assert begun.errors == {} and begun.unseen == {"a", "b"}
        run.errors["b"] = 4.5
    found = looks(run.folder, [DATA])
    assert found.all[0].errors == {"b": 4.5}
    assert (found.networks, found.begun, found.runs) == (1, 1, ("growth",))
    assert begun_before(run.folder) == {"a", "b"}


def test_where_nothing_is_evaluated_on_the_test_set_there_is_no_look(record: MakeRecord) -> None:
    run = record("growth", a=1.0)
    with looking(run, [planned("a", split="validation")], DATA):
        pass
    assert not looks(run.folder, [DATA]) and looks(run.folder, [DATA]).sentence == ""
    assert not files(run.folder.path.parent)


def test_a_look_that_is_stopped_goes_on_and_more_cells_are_another(record: MakeRecord) -> None:
    run = record("growth")
    with pytest.raises(KeyboardInterrupt):
        look_at_and_stop(run, "a", "b", a=1.0)
    look_at(run, "b", b=2.0)
    (look,) = looks(run.folder, [DATA]).all
    assert look.errors == {"a": 1.0, "b": 2.0}
    look_at(run, "c", c=3.0)
    look_at(run)
    assert [each.keys for each in looks(run.folder, [DATA]).all] == [("a", "b"), ("c",)]


def test_the_same_cells_under_another_name_are_another_look(record: MakeRecord) -> None:
    one, two = record("one"), record("two")
    look_at(one, "a", "b", a=1.0, b=2.0)
    look_at(two, "a", "b", "c", a=1.0, b=2.0, c=3.0)
    for run in (one, two):
        found = looks(run.folder, [DATA])
        assert (len(found), found.networks, found.runs) == (2, 3, ("one", "two"))
    assert not looks(one.folder, ["other data"]).all[2:]


def test_only_looks_at_the_same_data_count(record: MakeRecord) -> None:
    look_at(record("one"), "a", a=1.0)
    look_at(record("two"), "b", data="f" * 16, b=1.0)
    neither = record("three").folder
    assert [look.run for look in looks(neither, [DATA, None, ""]).all] == ["one"]
    assert [look.run for look in looks(neither, ["f" * 16]).all] == ["two"]
    assert not looks(neither, [])
    assert [look.run for look in looks(record("one").folder, []).all] == ["one"]


def test_what_was_written_is_never_rewritten(record: MakeRecord, lost: set[str]) -> None:
    """Not when a cell's files are lost and it is evaluated again, which is a look of its own."""
    run = record("growth")
    look_at(run, "a", a=1.0)
    before = files(run.folder.path.parent)
    lost.add("a")
    with looking(run, [planned("a")], DATA):
        assert [look.errors for look in looks(run.folder, [DATA]).all] == [{"a": 1.0}, {}]
    # It was stopped before it came to anything: what the first look saw is not the second's.
    assert [look.errors for look in looks(run.folder, [DATA]).all] == [{"a": 1.0}, {}]
    lost.clear()
    look_at(run, "a", a=9.0)
    assert [look.errors for look in looks(run.folder, [DATA]).all] == [{"a": 1.0}, {"a": 9.0}]
    after = files(run.folder.path.parent)
    assert before.items() <= after.items() and len(after) == len(before) + 4


def test_of_a_run_that_was_deleted_the_look_stays(record: MakeRecord) -> None:
    run = record("growth")
    look_at(run, "a", a=1.0)
    shutil.rmtree(run.folder.path)
    assert len(looks(record("other").folder, [DATA])) == 1
    look_at(record("growth"), "a", a=1.5)
    found = looks(run.folder, [DATA])
    assert [look.errors for look in found.all] == [{"a": 1.0}, {"a": 1.5}]
    assert (len(found), found.networks) == (2, 1)


def test_looks_go_with_a_run_that_is_moved_and_count_once(
    record: MakeRecord, tmp_path: Path
) -> None:
    run = record("growth")
    look_at(run, "a", a=1.0)
    renamed = run.folder.path.rename(run.folder.path.with_name("renamed"))
    result = renamed / "cells" / "a" / "result.json"
    result.parent.mkdir(parents=True)
    whole = {"key": "a", "split": "test", "data_sha256": DATA, "error": 1.0}
    result.write_text(json.dumps(whole), encoding="utf-8")
    assert len(looks(RunFolder(renamed), [DATA])) == 1
    moved = Path(shutil.move(renamed, tmp_path / "elsewhere" / "renamed"))
    assert [look.errors for look in looks(RunFolder(moved), [DATA]).all] == [{"a": 1.0}]
    # Its next look brings the ledger there up to date.
    run.folder = RunFolder(moved)
    look_at(run, "b", b=2.0)
    shutil.rmtree(moved)
    assert len(looks(RunFolder(moved), [DATA])) == 2


def test_killed_between_its_two_copies_a_look_counts_once(record: MakeRecord) -> None:
    run = record("growth")
    with pytest.raises(KeyboardInterrupt):
        look_at_and_stop(run, "a")
    (copy,) = run.folder.path.parent.glob("_test_looks/*/*.json")
    whole = copy.read_bytes()
    copy.rename(copy.with_suffix(".json.123.tmp"))  # as it is while it is written
    assert len(looks(run.folder, [DATA])) == 1
    look_at(run, "a", a=1.0)
    assert copy.read_bytes() == whole
    (look,) = looks(run.folder, [DATA]).all
    assert look.errors == {"a": 1.0}


def test_of_a_confirmation_the_look_is_its_runs_and_keeps_what_was_known(
    record: MakeRecord,
) -> None:
    run = record("growth")
    target = record("growth/confirm")
    chosen = [{"variant": "A", "error": 4.0, "how": "best"}, {"variant": "B", "error": 5.0}]
    with looking(target, [planned("a", "A", 1000)], DATA, chosen):
        target.errors["a"] = 6.0
    for folder in (run.folder, target.folder):
        (look,) = looks(folder, []).all
        assert (look.run, look.verb, look.chosen) == ("growth", "confirm", (chosen[0],))
        assert look.errors == {"a": 6.0}
    assert (run.folder.path.parent / "_test_looks" / DATA).is_dir()


def test_many_at_once(record: MakeRecord) -> None:
    """Of one run they begin one look together, of several one each; none is lost."""
    runs = [record(f"run-{number}") for number in range(6)]
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda run: look_at(run, "a", "b", a=1.0, b=2.0), [*runs, *runs]))
    found = looks(runs[0].folder, [DATA])
    assert sorted(look.run for look in found.all) == [run.folder.path.name for run in runs]
    assert all(look.errors == {"a": 1.0, "b": 2.0} for look in found.all)


def test_what_cannot_be_written_is_said_before_anything_is_evaluated(record: MakeRecord) -> None:
    run = record("growth")
    ledger = run.folder.path.parent / "_test_looks"
    ledger.write_text("no folder", encoding="utf-8")
    with pytest.raises(RunFolderError) as caught, looking(run, [planned("a")], DATA):
        pytest.fail("it was evaluated")
    assert str(caught.value).startswith(f"{ledger / DATA}: cannot be written: ")
    assert str(caught.value).endswith("without that nothing is evaluated on it")


def test_errors_that_cannot_be_written_are_told_by_the_next_run(
    record: MakeRecord, caplog: pytest.LogCaptureFixture
) -> None:
    run = record("growth")
    with looking(run, [planned("a")], DATA):
        run.errors["a"] = 1.0
        own = run.folder.path / "looks"
        own.rename(own.with_name("kept"))
        own.write_text("no folder", encoding="utf-8")
    own.unlink()
    own.with_name("kept").rename(own)
    assert looks(run.folder, [DATA]).all[0].errors == {}
    look_at(run)
    assert looks(run.folder, [DATA]).all[0].errors == {"a": 1.0}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is damaged: "),
        ('{"when": "20', "is damaged: "),
        ("[]", "is damaged: must be a map"),
        ("{}", "is damaged: when must be a text; data_sha256 must be a text; run must"),
        ('{"look": "x", "data_sha256": "0", "errors": [1]}', "is damaged: errors must be a map"),
        (None, "is a folder, not a file"),
    ],
)
def test_a_damaged_entry_is_named_with_its_mend(
    record: MakeRecord, content: str | None, reason: str
) -> None:
    run = record("growth")
    look_at(run, "a")
    (path,) = run.folder.path.parent.glob("_test_looks/*/*.json")
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError) as caught:
        looks(run.folder, [DATA])
    assert str(caught.value).startswith(f"{path}: {reason}")
    assert "put that in its place, or remove the file" in str(caught.value)
    # As is said.
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copy(run.folder.path / "looks" / path.name, path)
    assert len(looks(run.folder, [DATA])) == 1


def test_an_entry_of_a_later_version_is_not_guessed_at(record: MakeRecord) -> None:
    run = record("growth")
    look_at(run, "a")
    (path,) = run.folder.path.parent.glob("_test_looks/*/*.json")
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format": 9}), "utf-8")
    with pytest.raises(LaterFormat, match="made by a later version of ablate"):
        looks(run.folder, [DATA])


def made(number: int, run: str, **errors: float) -> Look:
    return Look(f"{number}", WHEN, DATA, run, "run", ("A",), (0,), ("a", "b", "c"), (), errors)


@pytest.mark.parametrize(
    ("all_looks", "sentence"),
    [
        ([], ""),
        (
            [made(1, "r", a=1.0, b=2.0, c=3.0)],
            f"the test set was looked at once (3 networks, for the run r), on {WHEN}",
        ),
        (
            [made(1, "r", a=1.0), made(2, "r", a=1.0)],
            "the test set was looked at 2 times (1 network and 2 more begun, for the run r), last "
            f"on {WHEN}; {SELECTION}",
        ),
        (
            [made(n, run, a=1.0, b=1.0, c=1.0) for n, run in enumerate("rstu")],
            "the test set was looked at 4 times (3 networks, for 4 runs: r, s, t, ...), last on "
            f"{WHEN}; {SELECTION}",
        ),
    ],
)
def test_looks_are_told_in_a_sentence(all_looks: list[Look], sentence: str) -> None:
    from ablate.ledger import Looks

    assert Looks(tuple(all_looks)).sentence == sentence
