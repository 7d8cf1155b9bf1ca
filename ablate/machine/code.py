"""Where code lies that studies name: beside a study file, or kept in a run folder or an export."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablate.machine.whole_files import write_bytes

_KEYS = ("family", "dataset")  # whose values may be `MODULE:NAME`
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


def code_file(module: str) -> Path | None:
    """The file of a module beside a study or kept with what was opened; None: of no such folder."""
    return next((path for path in _places(module) if path.is_file()), None)


def _places(module: str) -> Iterator[Path]:
    if module.isidentifier():  # those with dots are in packages
        for folder in reversed(_folders):
            yield folder / f"{module}.py"
            yield folder / KEPT_CODE / f"{module}.py"


def keep_code(document: Any, folder: Path) -> None:
    """Copy into `folder` the files beside the study that a document of plain data names.

    So a run folder and an export have the code that their networks and images are made of.
    """
    for name in _named(document):
        module, colon, _ = name.partition(":")
        file = code_file(module) if colon else None
        kept = folder / KEPT_CODE / f"{module}.py"
        if file is not None and file != Path(os.path.abspath(kept)):
            write_bytes(kept, file.read_bytes())


def _named(document: Any) -> Iterator[str]:
    """What is a `family:` or `dataset:` anywhere in plain data, choices of several too."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in _KEYS and isinstance(value, str):
                yield value
            else:
                yield from _named(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from _named(value)
