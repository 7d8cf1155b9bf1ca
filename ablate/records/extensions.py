"""Seeds that a run was given after cells had finished: whoever added them could see results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ablate.machine import write_text
from ablate.records.documents import FORMAT, read_document
from ablate.records.folder import RunFolder

_MEND = "put a copy of it back: nothing else says when seeds were added"


@dataclass(frozen=True)
class Extension:
    """Seeds that were added to those of which results could be seen."""

    when: str  # ISO 8601, UTC
    before: tuple[int, ...]  # seeds
    after: tuple[int, ...]
    done: int  # cells that had finished
    elsewhere: bool = False  # in other runs beside, from which they were taken over


def extensions(folder: RunFolder) -> list[dict[str, Any]]:
    """Each `Extension` of a run as a map, the first in front. Raises RunFolderError."""
    path = folder.extensions
    return list(read_document(path, ("extensions",), _MEND)["extensions"]) if path.exists() else []


def note_extension(
    folder: RunFolder, held: Mapping[str, Any] | None, asked: Mapping[str, Any]
) -> None:
    """Write down that seeds are added, if they are; `held` is the folder's plan, None at the start.

    At the start they are where every cell of some seeds lies finished beside and is taken over:
    a run under another name is the same study.
    """
    if held and held.get("race") and held["race"] == asked.get("race"):
        return  # its own rule added them
    after, cells = _seeds(asked["cells"]), (held or asked)["cells"]
    if held:
        before, done = (
            _seeds(cells),
            {c["key"] for c in cells if folder.cell(c["key"]).result.exists()},
        )
    elif (folder.path / "cells").exists():  # a plan that was lost is made again
        return
    else:
        done = {c["key"] for c in cells if any(folder.siblings(c["key"]))}
        before = after - {c["seed"] for c in cells if c["key"] not in done}
    if not before or not done or after <= before:
        return
    extension = Extension(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        before=tuple(sorted(before)),
        after=tuple(sorted(after)),
        done=len(done),
        elsewhere=not held,
    )
    earlier = extensions(folder)
    if any(each["after"] == list(extension.after) for each in earlier):
        return  # stopped before the plan was written, and begun again
    document = {"format": FORMAT, "extensions": [*earlier, asdict(extension)]}
    write_text(folder.extensions, json.dumps(document, indent=1) + "\n")


def _seeds(cells: Iterable[Mapping[str, Any]]) -> set[int]:
    return {cell["seed"] for cell in cells}
