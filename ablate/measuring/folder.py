"""The folder of a measure study: study.yaml, measurements.csv, figures."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ablate.errors import RunFolderError
from ablate.machine import write_text
from ablate.records import RunFolder, check_extends, read_rows
from ablate.study import Asked, Study
from ablate.text import as_yaml


def prepare(study: Study, path: Path, networks: Collection[str]) -> RunFolder:
    """Make or extend the folder of a measure study; its study.yaml is written anew.

    `networks` are the keys of the study's. Raises RunFolderError for another kind of folder and,
    with a diff, where it has measured networks that the study has not: that is another question.
    """
    folder, text = RunFolder(path), as_yaml(study.tree.plain())
    if path.exists() and not path.is_dir():
        raise RunFolderError(f"{path}: is a file; choose --as NAME")
    if folder.plan.exists():
        raise RunFolderError(f"{path}: holds cells that were trained; choose --as NAME")
    measured = frozenset(row.network for row in read_rows(folder.measurements))
    if not measured and path.exists() and not folder.study.exists() and any(path.iterdir()):
        raise RunFolderError(f"{path}: is not empty and not a run folder; choose --as NAME")
    held, asked = (
        Asked(study.kind, lambda: study, items) for items in (measured, frozenset(networks))
    )
    check_extends(folder, held, asked, text)
    write_text(folder.study, text)
    return folder
