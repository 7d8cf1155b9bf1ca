"""Where code and weights lie that studies name: beside a study file, or kept in a run folder.

An export keeps code too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ablate.machine.whole_files import replacing, write_bytes

# Whose values may be `MODULE:NAME`, or a map that has it as `from`.
_KEYS = ("family", "dataset", "loss", "optimizer", "augmentation")
KEPT_CODE = "code"  # a folder in a run folder and in an export, with what was beside the study
_folders: list[Path] = []  # the last is looked in first


def look_for_code(folder: str | Path) -> None:
    """From now on this process finds `MODULE:NAME` in this folder first, before installed packages.

    Called with the folder of each study, run or export that is opened. Nothing is imported.
    """
    whole = Path(os.path.abspath(folder))
    if whole in _folders:
        _folders.remove(whole)
    _folders.append(whole)


def code_folders() -> tuple[Path, ...]:
    """Where this process looks, what it looks in first at the end; for another to do the same."""
    return tuple(_folders)


def code_file(module: str) -> Path | None:
    """The file of a module beside a study or kept with what was opened; None: of no such folder."""
    return next((path for path in _places(module) if path.is_file()), None)


def _places(module: str) -> Iterator[Path]:
    if module.isidentifier():  # those with dots are in packages
        for folder in reversed(_folders):
            yield folder / f"{module}.py"
            yield folder / KEPT_CODE / f"{module}.py"


def kept_name(name: str) -> str:
    """What a file of weights is kept as; two of the same name in two folders are two."""
    return f"{hashlib.sha256(name.encode()).hexdigest()[:8]}-{Path(name).name}"


def weights_file(name: str) -> Path | None:
    """The file of weights that a study names; None: of no folder that was opened."""
    kept = kept_name(name)
    places = (
        place
        for folder in [*reversed(_folders)] or [Path()]
        for place in (folder / name, folder / KEPT_CODE / kept)
    )
    return next((path for path in places if path.is_file()), None)


def digest_of_file(path: Path) -> str:
    """SHA-256 of its content, read again only where it was changed."""
    found = path.stat()
    return _digest(path, found.st_size, found.st_mtime_ns)


@cache
def _digest(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep_code(document: Any, folder: Path) -> None:
    """Keep in `folder` the files beside the study that a document of plain data names.

    So a run folder and an export have the code that their networks and images are made of. Of
    weights that networks begin with a hard link is made, where the disk can: they are large.
    """
    for name in _named(document, _KEYS):
        module, colon, _ = name.partition(":")
        file = code_file(module) if colon else None
        kept = folder / KEPT_CODE / f"{module}.py"
        if file is not None and file != Path(os.path.abspath(kept)):
            write_bytes(kept, file.read_bytes())
    for name in _named(document, ("weights",)):
        if file := weights_file(name):
            _keep_weights(file, folder / KEPT_CODE / kept_name(name))


def _keep_weights(file: Path, kept: Path) -> None:
    if kept.is_file() and digest_of_file(kept) == digest_of_file(file):
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    try:
        os.link(os.path.realpath(file), kept)
    except OSError:  # another disk, or one that has no links
        with replacing(kept) as temporary:
            shutil.copyfile(file, temporary)


def _named(document: Any, keys: Collection[str], of: str = "") -> Iterator[str]:
    """What texts are written under these keys anywhere in plain data, each of several too."""
    if isinstance(document, str) and of in keys:
        yield document
    elif isinstance(document, dict):
        for key, value in document.items():
            yield from _named(value, keys, of if key in ("choice", "from") else key)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _named(value, keys, of)
