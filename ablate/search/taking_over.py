"""Finished cells of runs beside this one, taken over instead of trained again."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator

from ablate.errors import DamagedCell
from ablate.machine import write_bytes
from ablate.spec import read_finished
from ablate.training import CellFolder

log = logging.getLogger("ablate")
_NOT_COPIED = ("*.tmp", "checkpoint.pt", "log.txt", "refused")


def take_over(folder: CellFolder, others: Iterator[CellFolder], key: str) -> str | None:
    """Copy the first of `others` that is the finished cell `key`, whole or not at all.

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
        except (DamagedCell, OSError) as error:
            log.warning("not taken over from %s: %s", source, error)
            shutil.rmtree(copy.path, ignore_errors=True)
            continue
        if found is None:  # gone since it was listed
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
