"""Making the run folder of a study, or going on in one: whether it may, and what is written."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ablate.cells import PlannedCell
from ablate.errors import RunFolderError, UsageError
from ablate.machine import keep_code, write_text
from ablate.records.documents import signed_text
from ablate.records.extensions import note_extension
from ablate.records.folder import RunFolder, lost_plan, read_plan
from ablate.records.placing import place_record
from ablate.records.plan import Plan
from ablate.study import Asked, Matched, Study, kind_of_run, load_study
from ablate.text import as_yaml, read_file


def matched_in(path: Path) -> dict[str, Matched]:
    """What the match of a run folder's study came to, by what was asked; empty without a folder.

    Step times measured again would come out differently: a run goes on with those it began with.
    """
    folder = RunFolder(path)
    cells = read_plan(folder)["cells"] if folder.plan.exists() else []
    found = [Matched(**cell["matched"]) for cell in cells if cell.get("matched")]
    return {matched.asked: matched for matched in found}


def prepare_folder(
    plan: Plan,
    path: Path,
    before: Callable[[RunFolder], None] = lambda folder: None,
    *,
    storage: str | None = None,
) -> RunFolder:
    """Make the folder, or extend it; the new plan is written there.

    Its record is, or will be, at the address `storage`, if one is given. `before` is called once
    the folder may be extended, with the lock held; it may still refuse.
    Raises RunFolderError, with a diff, where cells of the folder's plan are not in the new one:
    such an edit asks another question.
    """
    folder = RunFolder(path)
    text = as_yaml(plan.study.tree.plain())
    _check_free(folder, plan.study)
    place_record(folder, storage)
    path.mkdir(parents=True, exist_ok=True)
    with folder.locked():  # two runs that start together must not undo each other's plan
        held, document = read_plan(folder) if folder.plan.exists() else None, plan.document()
        if held:
            check_extends(folder, _held(folder, held, plan), _asked(plan), text)
            before(folder)
        note_extension(folder, held, document)
        write_text(folder.study, text)
        keep_code(plan.study.tree.plain(), path)
        _write_plan(folder, document)
    return folder


def check_folder(plan: Plan, folder: RunFolder) -> None:
    """Raise RunFolderError where `prepare_folder` would; nothing is written."""
    _check_free(folder, plan.study)
    if folder.plan.exists():
        text = as_yaml(plan.study.tree.plain())
        check_extends(folder, _held(folder, read_plan(folder), plan), _asked(plan), text)


def _check_free(folder: RunFolder, study: Study) -> None:
    """Raise RunFolderError for what is neither a run folder nor the beginning of this one."""
    if folder.plan.exists() or not folder.path.exists():
        return
    if not folder.path.is_dir():
        raise RunFolderError(f"{folder.path}: is a file; choose --as NAME")
    # A start that was interrupted before it had written the plan, or a run that has lost it.
    if _is_of(folder, study):
        return
    if folder.study.is_file() and folder.has_record:
        raise RunFolderError(lost_plan(folder))
    ours = {folder.path / "study.lock", folder.storage}
    if any(path not in ours and path.suffix != ".tmp" for path in folder.path.iterdir()):
        raise RunFolderError(f"{folder.path}: is not empty and not a run folder; choose --as NAME")


def _is_of(folder: RunFolder, study: Study) -> bool:
    """Whether the folder's study file says what `study` was read from."""
    try:
        return bool(read_file(folder.study).plain() == study.tree.plain())
    except UsageError:  # it is gone, or damaged
        return False


def _held(folder: RunFolder, head: Mapping[str, Any], plan: Plan) -> Asked:
    """The question of the folder's plan; one without a fingerprint had images of any."""
    items = frozenset(map(_identity, head["cells"]))
    dataset = head.get("dataset", plan.dataset)
    return Asked(kind_of_run(head), partial(load_study, folder.study), items, dataset)


def _asked(plan: Plan) -> Asked:
    items = frozenset(_identity(cell.document()) for cell in plan.cells)
    return Asked(plan.study.kind, lambda: plan.study, items, plan.dataset)


def check_extends(folder: RunFolder, held: Asked, asked: Asked, text: str) -> None:
    """Raise RunFolderError, with a diff to the study's `text`, for another question than it held.

    Which that is the kind of study says.
    """
    kind = asked.kind
    if reasons := kind.refusals(held, asked):
        raise RunFolderError(
            f"{folder.path}: holds another question: {'; '.join(reasons)}\n"
            f"{_differences(folder, text)}\n{kind.extended}"
        )


def _differences(folder: RunFolder, text: str) -> str:
    """The folder's study file against `text`, as a diff."""
    old = folder.study.read_text(encoding="utf-8") if folder.study.exists() else ""
    diff = difflib.unified_diff(
        old.splitlines(), text.splitlines(), "in the folder", "asked for", lineterm="", n=1
    )
    return "\n".join(diff) or (
        "The study reads the same: its dataset, or code that it names, is another, or this version "
        "trains it differently"
    )


def _identity(cell: dict[str, Any]) -> str:
    return json.dumps([cell[key] for key in ("variant", "sweep", "seed", "key")])


def list_cells(folder: RunFolder, cells: Iterable[PlannedCell]) -> None:
    """Put cells behind those of plan.json. The lock must be held."""
    document = read_plan(folder)
    document["cells"] += [cell.document() for cell in cells]
    _write_plan(folder, document)


def _write_plan(folder: RunFolder, document: dict[str, Any]) -> None:
    write_text(folder.plan, signed_text(document))


def run_path(study: Study, runs: str | Path = "runs", name: str | None = None) -> Path:
    """The run folder of a study: `runs/<name>[@<profile>]`, or `runs/<name>` as asked for."""
    if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_@.-]*", name):
        raise UsageError(f"--as: must be a folder name of letters, digits and -_@., got {name!r}")
    return Path(runs) / (name or study.title)
