"""Looks that no ledger has, of runs that were made before there was one."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ablate.errors import RunFolderError
from ablate.ledger.look import Look
from ablate.records import RunFolder, read_document

CONFIRM = "confirm.json"  # where the looks of a run's confirmation were counted, without errors
_MEND = "put a copy of it back: nothing else counts the looks at the test set"
_ON_TEST = re.compile(r"\bevaluate: test\b")


def earlier_looks(run: RunFolder, written: Collection[str]) -> Iterator[Look]:
    """The looks for a run that its `confirm.json` tells, and one of all other finished cells.

    Those are its own, or of its confirmation, and of the test set; their keys are in no look that
    was `written` down.
    """
    told = looks_of_confirm_json(run)
    yield from told
    known = {*written, *(key for look in told for key in look.keys)}
    for folder in (run, run.confirmation):
        if _is_on_test(folder):
            paths = folder.path.glob("cells/*/result.json")
            yield from _of_results(run, sorted(p for p in paths if p.parent.name not in known))


def looks_of_confirm_json(run: RunFolder) -> list[Look]:
    """The looks in a run's `confirm.json`, oldest first. Raises RunFolderError where damaged."""
    path = run.path / CONFIRM
    if not path.exists():
        return []
    entries = read_document(path, ("looks",), _MEND)["looks"]
    try:
        return [_of_entry(run, number, entry) for number, entry in enumerate(entries)]
    except (AttributeError, LookupError, TypeError) as error:
        raise RunFolderError(f"{path}: is damaged: {error!r}; {_MEND}") from None


def _of_entry(run: RunFolder, number: int, entry: dict[str, Any]) -> Look:
    finished = [key for key in entry["keys"] if run.confirmation.cell(key).result.is_file()]
    results = map(_result, (run.confirmation.cell(key).result for key in finished))
    hashes = (result["data_sha256"] for result in results if result)
    return Look(
        id=f"{run.path.name}-{CONFIRM}-{number}",
        when=entry["when"],
        data_sha256=entry.get("data_sha256") or next(hashes, ""),
        run=run.path.name,
        verb="confirm",
        variants=tuple(entry["variants"]),
        seeds=tuple(entry["seeds"]),
        keys=tuple(entry["keys"]),
        errors=dict.fromkeys(finished),
    )


def _of_results(run: RunFolder, paths: Sequence[Path]) -> Iterator[Look]:
    """Finished cells that no look has -> one look, for each hash of their data."""
    read = [(path, result) for path in paths if (result := _result(path))]
    for digest in dict.fromkeys(result["data_sha256"] for _, result in read):
        own = [(path, result) for path, result in read if result["data_sha256"] == digest]
        first = min(path.stat().st_mtime for path, _ in own)
        errors = {result["key"]: result["error"] for _, result in own}
        yield Look(
            id=f"{own[0][0].parents[2].name}-{own[0][1]['key']}",
            when=datetime.fromtimestamp(first, UTC).isoformat(timespec="seconds"),
            data_sha256=digest,
            run=run.path.name,
            verb="confirm" if own[0][0].parents[2] == run.confirmation.path else "run",
            variants=(),
            seeds=(),
            keys=tuple(errors),
            errors=errors,
        )


def _is_on_test(folder: RunFolder) -> bool:
    try:
        return bool(_ON_TEST.search(folder.study.read_text(encoding="utf-8")))
    except (OSError, ValueError):  # there is none, or others say that it is damaged
        return False


def _result(path: Path) -> dict[str, Any] | None:
    """A finished cell's result of the test set; None of what does not count as one."""
    try:
        result = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    is_whole = isinstance(result, dict) and {"key", "data_sha256", "error"} <= result.keys()
    return result if is_whole and result.get("split") == "test" else None
