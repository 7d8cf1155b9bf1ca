"""The entries of a ledger: a whole file each, written once, in two places.

One stays beside the runs, in `_test_looks/<hash of the data>/`, whatever becomes of the run; its
copy in `looks/` of the run's folder goes where that goes. A look is an entry of what is begun, and
the errors that were seen of it are entries that name it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ablate.errors import RunFolderError
from ablate.ledger.look import Look
from ablate.machine import write_text
from ablate.records import RunFolder, read_document

FORMAT = 1
LEDGER, OWN = "_test_looks", "looks"  # no run can have a name that begins with _
_COPIES = (
    f"its copy is in `{OWN}` of the run's folder or in `{LEDGER}` beside the runs: put that in its "
    "place, or remove the file, and what it says is counted no more"
)
_LISTS = ("variants", "seeds", "keys", "chosen")
_LOOK: dict[str, type] = {
    **dict.fromkeys(("when", "data_sha256", "run", "verb"), str),
    **dict.fromkeys(_LISTS, list),
}
_ERRORS: dict[str, type] = {"look": str, "data_sha256": str, "errors": dict}
_WORDS: dict[type, str] = {str: "text", list: "list", dict: "map"}


def now() -> str:
    """The time as entries have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def ledger_of(folder: RunFolder) -> Path:
    """The ledger of the runs among which a run folder is."""
    return folder.run.path.parent / LEDGER


def fresh_id() -> str:
    """A name for an entry that no other process has, on no host; they sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"


def write_entry(folder: RunFolder, name: str, document: Mapping[str, Any]) -> None:
    """Write an entry of a run folder down where it is not, in its own copy first.

    Raises RunFolderError where it cannot be.
    """
    text = json.dumps({"format": FORMAT, **document}, indent=1) + "\n"
    for place in (folder.path / OWN, ledger_of(folder) / document["data_sha256"]):
        path = place / f"{name}.json"
        try:
            if not path.exists():
                write_text(path, text)
        except OSError as error:
            raise RunFolderError(
                f"{place}: cannot be written: {error.strerror}; looks at the test set are counted "
                "there, and without that nothing is evaluated on it"
            ) from None


def copy_missing(folder: RunFolder) -> None:
    """Put entries of a run folder into the ledger beside it that lacks them.

    The folder was moved here, or a process was killed between the two.
    """
    for path in sorted((folder.path / OWN).glob("*.json")):
        write_entry(folder, path.stem, _read(path))


def ids_of(folder: RunFolder) -> set[str]:
    """The names of the entries that a run folder has."""
    return {path.stem for path in (folder.path / OWN).glob("*.json")}


def own_looks(folder: RunFolder) -> list[Look]:
    """The looks that a run folder has written down itself, oldest first."""
    return _looks((folder.path / OWN).glob("*.json"))


def looks_in_ledger(
    folder: RunFolder, hashes: Iterable[str], neighbours: Iterable[RunFolder]
) -> list[Look]:
    """The looks at test sets of these hashes in the ledger beside a run folder, oldest first.

    With those that it lacks, and a neighbour that was moved here has.
    """
    ledger, wanted = ledger_of(folder), set(hashes)
    there = {path.name for path in ledger.glob("*/*.json")}
    copies = (path for run in neighbours for path in (run.path / OWN).glob("*.json"))
    more = {path.name: path for path in copies if path.name not in there}
    paths = [path for digest in wanted for path in (ledger / digest).glob("*.json")]
    looks = _looks([*paths, *more.values()])
    return [look for look in looks if look.data_sha256 in wanted]


def _looks(paths: Iterable[Path]) -> list[Look]:
    """Files of entries -> the looks that they come to. Raises RunFolderError for a damaged one."""
    begun: dict[str, dict[str, Any]] = {}
    errors: dict[str, dict[str, float]] = {}
    for path in sorted(paths, key=lambda path: path.name):
        document = _read(path)
        if "look" in document:
            of_look = errors.setdefault(document["look"], {})
            of_look |= {**document["errors"], **of_look}  # what was seen first stands
        else:
            begun[path.stem] = document
    return [_look(id, document, errors.get(id, {})) for id, document in begun.items()]


def _look(id: str, document: Mapping[str, Any], errors: Mapping[str, float]) -> Look:
    lists: dict[str, Any] = {name: tuple(document[name]) for name in _LISTS}
    words: dict[str, Any] = {name: document[name] for name in _LOOK.keys() - lists}
    return Look(id=id, errors=errors, **words, **lists)


def _read(path: Path) -> dict[str, Any]:
    document = read_document(path, (), _COPIES)
    rules = _ERRORS if "look" in document else _LOOK
    faults = [
        f"{name} must be a {_WORDS[rule]}"
        for name, rule in rules.items()
        if not isinstance(document.get(name), rule)
    ]
    if faults:
        raise RunFolderError(f"{path}: is damaged: {'; '.join(faults)}; {_COPIES}")
    return document
