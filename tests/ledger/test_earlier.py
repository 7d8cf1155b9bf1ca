"""Looks of runs that were made before there was a ledger are counted, and once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import RunFolderError
from ablate.ledger import begun_before, looks
from tests.ledger.conftest import DATA
from tests.ledger.test_looking import look_at

MakeRecord = Callable[..., Any]


def finish(folder: Path, *keys: str, **result: Any) -> None:
    for key in keys:
        path = folder / "cells" / key / "result.json"
        path.parent.mkdir(parents=True)
        whole = {"key": key, "split": "test", "data_sha256": DATA, "error": 5.0, **result}
        path.write_text(json.dumps(whole), encoding="utf-8")


def confirm_json(run: Path, *looks_of: tuple[str, ...], data: str = DATA) -> None:
    entries = [
        {"when": f"2020-01-0{day}", "variants": ["A"], "seeds": [0], "keys": keys}
        for day, keys in enumerate(looks_of, 1)
    ]
    document = {"looks": [{**entry, "data_sha256": data} for entry in entries]}
    (run / "confirm.json").write_text(json.dumps(document), encoding="utf-8")


def test_what_confirm_json_counted_counts(record: MakeRecord) -> None:
    run, target = record("old"), record("old/confirm")
    confirm_json(run.folder.path, ("a",), ("b", "c"))
    finish(target.folder.path, "a", "b")
    run.folder.study.write_text("data:\n  hold_out: 60\n", encoding="utf-8")
    for folder in (run.folder, target.folder, record("other").folder):
        found = looks(folder, [DATA])
        assert [(look.run, look.verb, look.when) for look in found.all] == [
            ("old", "confirm", "2020-01-01"),
            ("old", "confirm", "2020-01-02"),
        ]
        assert (found.networks, found.begun) == (2, 1)
    assert begun_before(target.folder) == {"a", "b", "c"}
    # What was begun goes on, more of it is a new look.
    look_at(target, "c", c=1.0)
    assert len(looks(run.folder, [DATA])) == 2
    look_at(target, "d", d=1.0)
    assert [look.keys for look in looks(run.folder, [DATA]).all] == [("a",), ("b", "c"), ("d",)]


def test_a_confirmation_that_was_deleted_stays_counted(record: MakeRecord) -> None:
    confirm_json(record("old").folder.path, ("a",))
    assert len(looks(record("other").folder, [DATA])) == 1


def test_a_look_that_never_named_its_images_is_of_those_that_it_finished(
    record: MakeRecord,
) -> None:
    run, target = record("old"), record("old/confirm")
    confirm_json(run.folder.path, ("a", "b"), data="")
    finish(target.folder.path, "b")
    assert len(looks(record("other").folder, [DATA])) == 1
    assert not looks(record("other").folder, ["f" * 16])


def test_finished_cells_that_no_look_has_are_one(record: MakeRecord) -> None:
    run = record("old")
    finish(run.folder.path, "a", "b")
    finish(run.folder.path, "c", data_sha256="f" * 16)
    (look,) = looks(record("other").folder, [DATA]).all
    assert (look.run, look.verb, look.errors) == ("old", "run", {"a": 5.0, "b": 5.0})
    # More of them are a look that is written down, and the old ones stay.
    look_at(run, "d", d=1.0)
    finish(run.folder.path, "d")
    found = looks(run.folder, [DATA])
    assert sorted(look.keys for look in found.all) == [("a", "b"), ("d",)]
    assert found.networks == 3
    # Those of another run's look are not this one's.
    look_at(record("new"), "a", "b", a=5.0, b=5.0)
    assert len(looks(run.folder, [DATA])) == 3


def test_cells_of_held_out_images_and_damaged_results_are_none(record: MakeRecord) -> None:
    run = record("old")
    finish(run.folder.path, "a", split="validation")
    (run.folder.path / "cells" / "a" / "result.json").with_name("other").mkdir()
    finish(run.folder.path, "b")
    (run.folder.path / "cells" / "b" / "result.json").write_text("{", encoding="utf-8")
    assert not looks(run.folder, [DATA])


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"looks": [1]}', '{"looks": [{}]}', None])
def test_a_damaged_confirm_json_is_named_with_its_mend(
    record: MakeRecord, content: str | None
) -> None:
    path = record("old").folder.path / "confirm.json"
    path.mkdir() if content is None else path.write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError) as caught:
        looks(record("other").folder, [DATA])
    assert str(caught.value).startswith(f"{path}: is ")
    assert str(caught.value).endswith("nothing else counts the looks at the test set")
