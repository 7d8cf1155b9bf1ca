"""Finished cells of runs beside this one, taken over instead of trained again."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from ablate.cells import CellFolder, read_finished
from ablate.data import Images
from ablate.errors import DamagedCell, LaterFormat
from ablate.machine import write_bytes

log = logging.getLogger("ablate")
_NOT_COPIED = ("*.tmp", "checkpoint*.pt", "log.txt", "refused")


def take_over(
    folder: CellFolder, others: Iterator[CellFolder], key: str, images: Images
) -> str | None:
    """Copy the first of `others` that is the finished cell `key`, whole or not at all.

    A named dataset's images may differ from copy to copy: only one of these `images` is taken.

    Returns the name of the run it came from; None where there is no such cell. What is passed over
    is logged.
    """
    copy = CellFolder(folder.path.with_name(f"{folder.path.name}.{os.getpid()}.copy"))
    for other in others:
        source = other.path.parents[1].name
        shutil.rmtree(copy.path, ignore_errors=True)
        try:
            shutil.copytree(other.path, copy.path, ignore=shutil.ignore_patterns(*_NOT_COPIED))
            # The copy is what is looked at: its neighbour may change meanwhile.
            found = read_finished(copy.path, key)
        except (DamagedCell, LaterFormat, OSError) as error:
            log.warning("not taken over from %s: %s", source, error)
            shutil.rmtree(copy.path, ignore_errors=True)
            continue
        if found is not None and not _is_of(found, images.sha256, images.facts.streamed):
            log.warning("not taken over from %s: it is of other images of that name", source)
            found = None
        if found is None:  # or gone since it was listed
            shutil.rmtree(copy.path, ignore_errors=True)
            continue
        log.info("taken over from %s", source)
        folder.path.mkdir(parents=True, exist_ok=True)
        result = copy.result.read_bytes()
        copy.result.unlink()
        for file in sorted(copy.path.iterdir()):
            file.replace(folder.path / file.name)
        copy.path.rmdir()
        write_bytes(folder.result, result)  # last: it says that the rest is there
        return source
    return None


def would_come_from(
    others: Iterator[CellFolder], key: str, sha256: str, streamed: bool
) -> str | None:
    """The run that `take_over` would have the cell from; nothing is copied, set aside or logged."""
    for other in others:
        try:
            found = read_finished(other.path, key)
        except (DamagedCell, LaterFormat, OSError):
            continue
        if found is not None and _is_of(found, sha256, streamed):
            return other.path.parents[1].name
    return None


def _is_of(result: Mapping[str, Any], sha256: str, streamed: bool) -> bool:
    """Whether a result is of these images. Of files no more is known than their key says."""
    return streamed or bool(result["data_sha256"] == sha256)
