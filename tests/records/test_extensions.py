"""Seeds that are added once results could be seen: written down, once, and never lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import added_seeds_note
from ablate.errors import RunFolderError
from ablate.records.extensions import extensions, note_extension
from ablate.records.folder import RunFolder


def plan(seeds: int, *points: str) -> dict[str, Any]:
    cells = [
        {"seed": s, "key": f"{point}{s}"} for point in points or ("a", "b") for s in range(seeds)
    ]
    return {"cells": cells}


def finish(folder: RunFolder, *keys: str) -> None:
    for key in keys:
        folder.cell(key).path.mkdir(parents=True)
        folder.cell(key).result.touch()


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "run").mkdir()
    return RunFolder(tmp_path / "run")


def test_each_extension_is_told_with_what_was_done_by_then(folder: RunFolder) -> None:
    note_extension(folder, None, plan(2))
    assert extensions(folder) == []
    finish(folder, "a0", "b0", "a1")
    note_extension(folder, plan(2), plan(3))
    note_extension(folder, plan(3), plan(3))
    finish(folder, "b1", "a2")
    note_extension(folder, plan(3), plan(5))
    first, second = extensions(folder)
    age = datetime.now(UTC) - datetime.fromisoformat(first.pop("when"))
    assert 0 <= age.total_seconds() < 60
    assert first == {"before": [0, 1], "after": [0, 1, 2], "done": 3, "elsewhere": False}
    assert (len(second["before"]), len(second["after"]), second["done"]) == (3, 5, 5)


def test_nothing_is_told_of_what_nobody_could_see(folder: RunFolder) -> None:
    note_extension(folder, plan(1), plan(3))
    finish(folder, "a0")
    note_extension(folder, plan(3), plan(3, "a", "b", "c"))
    note_extension(folder, {"cells": []}, {"cells": []})  # of a search
    assert not folder.extensions.exists()


def test_a_race_adds_seeds_by_its_own_rule(folder: RunFolder) -> None:
    finish(folder, "a0")
    race, longer = ({"race": {"least": 2, "most": most}} for most in (5, 9))
    note_extension(folder, plan(2) | race, plan(3) | race)
    assert extensions(folder) == []
    note_extension(folder, plan(3) | race, plan(6) | longer)
    assert len(extensions(folder)) == 1


def test_an_extension_that_was_begun_twice_is_one(folder: RunFolder) -> None:
    finish(folder, "a0")
    for _ in range(2):  # it stopped before the plan was written
        note_extension(folder, plan(2), plan(3))
    assert len(extensions(folder)) == 1


def test_another_name_for_a_finished_study_hides_nothing(folder: RunFolder) -> None:
    finish(RunFolder(folder.path.parent / "other"), "a0", "b0", "a1", "b1", "a2")
    note_extension(folder, None, plan(4))
    (told,) = extensions(folder)
    assert (told["before"], told["after"], told["elsewhere"]) == ([0, 1], [0, 1, 2, 3], True)
    assert told["done"] == 5


def test_a_study_whose_cells_lie_finished_beside_in_part_or_whole_is_not_extended(
    folder: RunFolder,
) -> None:
    finish(RunFolder(folder.path.parent / "other"), "a0", "a1", "a2", "b0", "b1", "b2")
    note_extension(folder, None, plan(3))  # all of them
    note_extension(folder, None, plan(4, "a", "c"))  # one variant of it
    assert extensions(folder) == []


def test_a_plan_that_is_made_again_is_no_extension(folder: RunFolder) -> None:
    finish(RunFolder(folder.path.parent / "other"), "a0", "b0")
    finish(folder, "a0", "b0", "a1", "b1")
    note_extension(folder, None, plan(2))
    assert extensions(folder) == []


def test_a_damaged_list_is_not_taken_for_none(folder: RunFolder) -> None:
    folder.extensions.write_text("[]", encoding="utf-8")
    with pytest.raises(
        RunFolderError, match=r"extensions.json: is damaged: .*put a copy of it back"
    ):
        extensions(folder)


def test_the_note() -> None:
    first = {"when": "2026-11-02T10:00:00+00:00", "before": [0, 1, 2], "after": [*range(5)]}
    second = {"when": "2026-11-09T10:00:00+00:00", "before": [*range(5)], "after": [*range(8)]}
    told = [{**first, "done": 1, "elsewhere": False}, {**second, "done": 15, "elsewhere": True}]
    assert added_seeds_note(told) == (
        "seeds were added when results could be seen: 3 to 5 on 2026-11-02 (1 cell was done), 5 to "
        "8 on 2026-11-09 (15 cells were done in other runs)"
    )
    assert added_seeds_note([]) == ""
