"""The run folder: which files it has, and what its plan says."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.cells import CellFolder, PlannedCell
from ablate.errors import RunFolderError
from ablate.machine import look_for_code
from ablate.records.documents import read_document
from ablate.storage import PATIENCE_SECONDS, FileStore, Server, Store

if TYPE_CHECKING:
    from ablate.storage import Lock

_HEAD = ("study", "profile", "question", "baseline", "subject", "sweep_keys", "cells")
_MEND = "`ablate db rebuild` of the folder makes it anew"
_CONFIRM = "confirm"


@dataclass(frozen=True)
class RunFolder:
    """`runs/<study>[@<profile>]/`. Nothing in it holds an absolute path: it can be moved."""

    path: Path

    @property
    def study(self) -> Path:
        """The resolved study file: profile and settings merged in."""
        return self.path / "study.yaml"

    @property
    def plan(self) -> Path:
        """Every cell with its costs, so that tables need not count anything again."""
        return self.path / "plan.json"

    @property
    def database(self) -> Path:
        """Optuna's SQLite file: the record of trials."""
        return self.path / "study.db"

    @property
    def store(self) -> Store:
        """Where its record lies, for whom an answer is wanted at once."""
        return self._store(patience=0.0)

    @property
    def patient_store(self) -> Store:
        """The same, for whom waits where it is away for a while."""
        return self._store(patience=PATIENCE_SECONDS)

    def _store(self, patience: float) -> Store:
        if server := self.server:
            from ablate.storage import ServerStore  # which loads what a file needs none of

            return ServerStore(server, patience=patience)
        return FileStore(self.database, self.path / "study.lock")

    @property
    def server(self) -> Server | None:
        """Whose study the record is; None where it is a file of the folder."""
        return Server.read(self.storage) if self.storage.exists() else None

    @property
    def storage(self) -> Path:
        """On which server its record is, if on any."""
        return self.path / "storage.json"

    @property
    def has_record(self) -> bool:
        """Whether there is a record, as far as the folder says."""
        return self.database.is_file() or self.storage.is_file()

    @property
    def results(self) -> Path:
        return self.path / "results.csv"

    @property
    def measurements(self) -> Path:
        """What a step of the networks costs, as `ablate measure` found it."""
        return self.path / "measurements.csv"

    @property
    def extensions(self) -> Path:
        """When seeds were added after results could be seen."""
        return self.path / "extensions.json"

    @property
    def is_measured_alone(self) -> bool:
        """Whether it is of a study that measures its networks and trains none."""
        trains = self.plan.exists() or self.has_record
        return self.measurements.exists() and not trains

    def locked(self) -> Lock:
        """What keeps others from changing its files and its record, `with` it."""
        return self.patient_store.locked()

    @property
    def confirmation(self) -> RunFolder:
        """Where what is chosen in it is confirmed. It is inside, so that they move together."""
        return RunFolder(self.path / _CONFIRM)

    @property
    def confirms(self) -> RunFolder | None:
        """The run whose choices it confirms, which it is in; None of any other."""
        path = Path(os.path.abspath(self.path))
        run = RunFolder(path.parent)
        return run if path.name == _CONFIRM and run.study.is_file() else None

    @property
    def run(self) -> RunFolder:
        """The run whose choices it confirms, else itself; by its whole path."""
        return self.confirms or RunFolder(Path(os.path.abspath(self.path)))

    def cell(self, key: str) -> CellFolder:
        return CellFolder(self.path / "cells" / key)

    def siblings(self, key: str) -> Iterator[CellFolder]:
        """Folders of the same cell, finished, in other runs beside this one."""
        for path in sorted(self.path.parent.glob(f"*/cells/{key}/result.json")):
            if path.parents[2] != self.path:
                yield CellFolder(path.parent)


def open_folder(path: str | Path) -> RunFolder:
    """A run folder that is there. Raises RunFolderError."""
    folder = RunFolder(Path(path))
    if folder.is_measured_alone:
        raise RunFolderError(
            f"{path}: its networks were measured and not trained; `ablate plot` draws that"
        )
    if not folder.plan.exists():
        if folder.has_record:
            raise RunFolderError(lost_plan(folder))
        what = "is not a run folder" if folder.path.exists() else "no such folder"
        raise RunFolderError(f"{path}: {what}; `ablate run STUDY` makes one")
    look_for_code(folder.path)
    return folder


def lost_plan(folder: RunFolder) -> str:
    """What is wrong with a run folder that has a record and no plan, and the mend."""
    return f"{folder.path}: has lost its plan.json; `ablate db rebuild {folder.path}` makes it anew"


def read_plan(folder: RunFolder) -> dict[str, Any]:
    """plan.json: the study's head and its cells. Raises RunFolderError."""
    return read_document(folder.plan, _HEAD, _MEND)


def planned_cells(folder: RunFolder, plan: Mapping[str, Any] | None = None) -> list[PlannedCell]:
    """The cells of plan.json, in plan order; of a `plan` that was read already."""
    try:
        return [PlannedCell(**cell) for cell in (plan or read_plan(folder))["cells"]]
    except TypeError as error:
        raise RunFolderError(f"{folder.plan}: is damaged: {error}; {_MEND}") from None
