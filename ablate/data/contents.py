"""Files known by their content, which is read once: digests, kept in the user's cache."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ablate.machine import cache_root, write_text

log = logging.getLogger(__name__)
DIGEST_BYTES = 16
# A file that changes twice within a tick of its clock looks the same after both: what changed just
# before it was read is read again the next time. File systems count in up to two seconds.
TICK = 2 * 10**9  # ns
WORTH_SAYING = 2 * 10**9  # bytes, more than a person waits for without a word
_READERS = 8  # a network's file system answers several as fast as one
_FORM = 1  # of the cache's files

State = list[int]  # what changes with a file's content: size, times, inode


def digests(folder: Path, files: Mapping[str, os.stat_result]) -> list[bytes]:
    """Files below `folder` by name, with what `os.stat` said of them -> a digest of each, 16 bytes.

    A digest is taken from the cache where size, times of change and inode are those of the file
    that was read for it. Where the cache cannot be used every file is read. Raises OSError for a
    file that cannot be read.
    """
    now = time.time_ns()
    states = {name: _state(stat) for name, stat in files.items()}
    cache = _cache_of(folder)
    known = _read(cache)
    found = {n: known[n][1] for n, state in states.items() if n in known and known[n][0] == state}
    unread = [name for name in files if name not in found]
    amount = sum(files[name].st_size for name in unread)
    if amount > WORTH_SAYING:
        gigabytes = f"{amount / 1e9:,.0f} GB"
        log.warning("%s: %s of images are read once, to know them again", folder, gigabytes)
    with ThreadPoolExecutor(_READERS) as pool:
        found |= zip(unread, pool.map(_digest, (folder / name for name in unread)), strict=True)
    settled = {name for name in unread if not _is_fresh(files[name], now)}
    if settled:
        kept = {name: known[name] for name in found if name in known and name not in settled}
        _write(cache, kept | {name: (states[name], found[name]) for name in settled})
    return [bytes.fromhex(found[name]) for name in files]


def _state(stat: os.stat_result) -> State:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _is_fresh(stat: os.stat_result, now: int) -> bool:
    return any(abs(now - changed) < TICK for changed in (stat.st_mtime_ns, stat.st_ctime_ns))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[: 2 * DIGEST_BYTES]


def _cache_of(folder: Path) -> Path | None:
    """Where a folder's digests are kept; None where there is no place for them."""
    try:
        name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
        return cache_root() / "digests" / f"{name}.json"
    except (OSError, RuntimeError):  # a user without a home
        return None


def _read(cache: Path | None) -> dict[str, tuple[State, str]]:
    """What was kept; nothing where that cannot be read, or is not what was written."""
    try:
        document = json.loads(cache.read_text(encoding="utf-8")) if cache else {}
        entries = document["files"].items() if document.get("form") == _FORM else ()
        return {name: (state, digest) for name, (state, digest) in entries if _is_whole(digest)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _is_whole(digest: object) -> bool:
    return isinstance(digest, str) and re.fullmatch("[0-9a-f]{32}", digest) is not None


def _write(cache: Path | None, entries: Mapping[str, tuple[State, str]]) -> None:
    if cache is None:
        return
    try:
        write_text(cache, json.dumps({"form": _FORM, "files": entries}))
    except (OSError, ValueError) as error:
        log.info("%s cannot be written, so the images will be read again: %s", cache, error)


def evenly(count: int, wanted: int) -> list[int]:
    """At most `wanted` of the numbers below `count`, evenly apart."""
    return [i * count // wanted for i in range(wanted)] if count > wanted else list(range(count))
