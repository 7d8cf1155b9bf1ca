"""Looks at the test set: written down before anything is evaluated on it, and read again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.errors import RunFolderError
from ablate.ledger.earlier import earlier_looks, looks_of_confirm_json
from ablate.ledger.entries import (
    copy_missing,
    fresh_id,
    ids_of,
    looks_in_ledger,
    now,
    own_looks,
    write_entry,
)
from ablate.ledger.look import Look, Looks
from ablate.records import RunFolder

if TYPE_CHECKING:
    from ablate.cells import PlannedCell
    from ablate.records import Record

log = logging.getLogger("ablate")


def looks(folder: str | Path | RunFolder, hashes: Iterable[str | None]) -> Looks:
    """Every look at the test sets of these `data_sha256` that is known beside a run folder.

    Those that were begun for the run itself are of its test set, whatever its cells say so far.
    Raises RunFolderError for an entry that is damaged.
    """
    run = (folder if isinstance(folder, RunFolder) else RunFolder(Path(folder))).run
    runs = list(_runs_in(run.path.parent))
    own = [*_own(run), *_own(run.confirmation)]
    wanted = {digest for digest in hashes if digest} | {look.data_sha256 for look in own}
    written = looks_in_ledger(run, wanted, [f for each in runs for f in _folders(each)])
    earlier = [look for each in runs for look in earlier_looks(each, _keys_of(each, written))]
    found = [*written, *(look for look in earlier if look.data_sha256 in wanted)]
    return Looks(tuple(sorted(found, key=lambda look: (look.when, look.id))))


def _keys_of(run: RunFolder, written: Sequence[Look]) -> set[str]:
    """The cells of a run of which a look was written down, whatever it was called then."""
    ids = {id for folder in _folders(run) for id in ids_of(folder)}
    of_run = (look for look in written if look.id in ids or look.run == run.path.name)
    return {key for look in of_run for key in look.keys}


def _folders(run: RunFolder) -> tuple[RunFolder, RunFolder]:
    return run, run.confirmation


def begun_before(folder: RunFolder) -> set[str]:
    """Keys of the cells for which a look of this run folder was begun."""
    return {key for look in _own(folder) for key in look.keys}


@contextmanager
def looking(
    record: Record,
    cells: Sequence[PlannedCell],
    data_sha256: str,
    chosen: Sequence[Mapping[str, Any]] = (),
) -> Iterator[None]:
    """What of these cells is evaluated on the test set meanwhile is a look, and written down.

    It is begun before, and the errors are told after; cells that an earlier look of this folder
    began and did not see, as it was stopped, are still of that one. `chosen` is what is known of
    the choices that are confirmed. Raises RunFolderError where nothing can be written, before
    anything is evaluated.
    """
    on_test = [cell for cell in cells if cell.split == "test"]
    if on_test:
        with record.folder.locked():
            copy_missing(record.folder)
            _begin(record, on_test, data_sha256, chosen)
    try:
        yield
    finally:
        if ids_of(record.folder):
            _tell_errors(record)


def _begin(
    record: Record,
    cells: Sequence[PlannedCell],
    data_sha256: str,
    chosen: Sequence[Mapping[str, Any]],
) -> None:
    """Write a look at those cells down that no look of the folder waits for."""
    folder = record.folder
    begun = {key for look in _own(folder) for key in look.unseen}
    begun |= _done(record, (cell.key for cell in cells)).keys()  # by another process, just now
    new = {cell.key: cell for cell in cells if cell.key not in begun}
    if not new:
        return
    variants = tuple(dict.fromkeys(cell.variant for cell in new.values()))
    look = Look(
        id=fresh_id(),
        when=now(),
        data_sha256=data_sha256,
        run=folder.run.path.name,
        verb="confirm" if folder.confirms else "run",
        variants=variants,
        seeds=tuple(dict.fromkeys(cell.seed for cell in new.values())),
        keys=tuple(new),
        chosen=tuple(each for each in chosen if each["variant"] in variants),
    )
    write_entry(folder, look.id, look.document())


def _tell_errors(record: Record) -> None:
    """Write the errors down of the cells that are done by now, and were not before."""
    folder = record.folder
    with folder.locked():
        for look in own_looks(folder):
            if done := _done(record, sorted(look.unseen)):
                document = {"look": look.id, "data_sha256": look.data_sha256, "errors": done}
                try:
                    write_entry(folder, fresh_id(), document)
                except RunFolderError as error:  # the next run tells them
                    log.warning("%s", error)


def _done(record: Record, keys: Iterable[str]) -> dict[str, float | None]:
    """The errors of those cells that are done, and have their files."""
    attempts = record.attempts()
    return {
        key: attempts[key].error
        for key in keys
        if attempts[key].done and not record.folder.cell(key).loss(key)
    }


def _own(folder: RunFolder) -> list[Look]:
    """The looks that a run folder began, with whichever version."""
    earlier = looks_of_confirm_json(folder.confirms) if folder.confirms else []
    return [*earlier, *own_looks(folder)]


def _runs_in(runs: Path) -> Iterator[RunFolder]:
    """The run folders in a folder of runs, by name."""
    for path in sorted(runs.iterdir()) if runs.is_dir() else ():
        if (path / "study.yaml").is_file():
            yield RunFolder(path)
