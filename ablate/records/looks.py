"""The looks at the test set that were taken for a run, so that none is taken unseen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ablate.errors import RunFolderError
from ablate.machine import write_text
from ablate.records.documents import read_document
from ablate.records.folder import RunFolder, read_plan
from ablate.records.plan import Plan

LOOKS = "confirm.json"


SELECTION = "a choice made after a look is made on the test set, so tell all of them"


@dataclass(frozen=True)
class Look:
    """One look at the test set: cells that were begun together."""

    when: str  # ISO 8601, UTC
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    keys: tuple[str, ...]  # of its cells, none of which is in an earlier look
    data_sha256: str = ""  # of the dataset; empty until a cell is done


def looks(folder: RunFolder, plan: Mapping[str, Any] | None = None) -> tuple[Look, ...]:
    """The looks at the test set for a run; given the folder that confirms it, the same.

    `plan` is that of the folder, where it was read already.
    """
    if plan is None:
        plan = read_plan(folder) if folder.plan.exists() else {}
    confirms = "chosen" in plan
    path = (folder.path.resolve().parent if confirms else folder.path) / LOOKS
    if not path.exists():
        return ()
    mend = "put a copy of it back: nothing else counts the looks at the test set"
    found = read_document(path, ("looks",), mend)["looks"]
    try:
        return tuple(_read(look) for look in found)
    except (AttributeError, TypeError) as error:
        raise RunFolderError(f"{path}: is damaged: {error}; {mend}") from None


def _read(look: Mapping[str, Any]) -> Look:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in look.items()}
    return Look(**values)


def begin_look(folder: RunFolder, plan: Plan, key: str) -> None:
    """Write down a look, unless the cell that begins is of one that was written down."""
    with folder.locked():
        before = looks(folder)
        known = {k for look in before for k in look.keys}
        if key in known:
            return
        new = {cell.key: cell for cell in plan.cells if cell.key not in known}
        look = Look(
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            variants=tuple(dict.fromkeys(cell.variant for cell in new.values())),
            seeds=tuple(dict.fromkeys(cell.seed for cell in new.values())),
            keys=tuple(new),
        )
        _write(folder, [*before, look])


def _with_data(look: Look, target: RunFolder) -> Look:
    """A look with the hash of the images that were looked at."""
    from ablate.records.record import Record

    attempts = Record.open(target).attempts()
    done = (attempts[key].done for key in look.keys)
    hashes = (attempt.result["data_sha256"] for attempt in done if attempt)
    return replace(look, data_sha256=look.data_sha256 or next(hashes, ""))


def _write(folder: RunFolder, found: Sequence[Look]) -> None:
    document = {"looks": [asdict(look) for look in found]}
    if found:
        write_text(folder.path / LOOKS, json.dumps(document, indent=1) + "\n")


def name_images(folder: RunFolder, target: RunFolder) -> None:
    """Write down which images were looked at, once a cell of the `target` that confirms is done."""
    with folder.locked():
        _write(folder, [_with_data(look, target) for look in looks(folder)])
