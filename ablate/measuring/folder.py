"""The folder of a measure study: study.yaml, measurements.csv, figures."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ablate.errors import RunFolderError
from ablate.machine import write_text
from ablate.records import RunFolder, differences, read_rows
from ablate.study import Study
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
    measured = {row.network for row in read_rows(folder.measurements)}
    if not measured and path.exists() and not folder.study.exists() and any(path.iterdir()):
        raise RunFolderError(f"{path}: is not empty and not a run folder; choose --as NAME")
    if gone := measured - set(networks):
        raise RunFolderError(
            f"{path}: holds another question: {len(gone)} of its {len(measured)} networks are not "
            f"in this study\n{differences(folder, text)}\nMore variants, sweep points or "
            "implementations extend it; for anything else give the new question a folder of its "
            "own with --as NAME"
        )
    write_text(folder.study, text)
    return folder
