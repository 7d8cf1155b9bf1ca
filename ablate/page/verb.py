"""`report`: run folders -> one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ablate.errors import UsageError
from ablate.machine import write_text
from ablate.page.told import Told

PAGE = "report.html"  # in a run folder


def report(folder: str | Path, *more: str | Path, out: str | Path | None = None) -> Path:
    """A run folder -> `report.html` in it, one page that needs no network. Returns its path.

    It has the question, the answer with its certainty, tables that sort, the figures, what failed
    and what it cost, recipe, environment and data, and the commands to repeat it. With `more` run
    folders all stand side by side, and `out` says where: a file, or a folder for `report.html`.
    Raises RunFolderError for no run folder that trains, UsageError for several without `out`.
    """
    folders = [Path(each) for each in (folder, *more)]
    if len(folders) > 1 and out is None:
        raise UsageError("--out: several runs have no folder of their own; name a file for them")
    resolved = [each.resolve() for each in folders]
    twice = [each for i, each in enumerate(folders) if resolved[i] in resolved[:i]]
    if twice:
        raise UsageError(f"{twice[0]}: is given twice")
    return written([Told.of(each) for each in folders], _file(folders[0], out))


def written(runs: Sequence[Told], path: Path | None = None) -> Path:
    """What is told of runs -> their page, a file that is whole or not there."""
    from ablate.page.html import html

    path = path or runs[0].folder / PAGE
    write_text(path, html(runs))
    return path


def _file(folder: Path, out: str | Path | None) -> Path:
    if out is None:
        return folder / PAGE
    path = Path(out)
    if path.is_dir() or str(out).endswith("/"):
        return path / PAGE
    if path.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out: must be a folder, or a file that ends in .html, got {out}")
    return path
