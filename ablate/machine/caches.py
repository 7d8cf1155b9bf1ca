"""Where is kept what can be found out again."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

log = logging.getLogger("ablate")


def home() -> Path:
    """The user's folder; the current one where nobody says whose this process is."""
    try:
        return Path.home()
    except RuntimeError:  # a container's user without an entry
        return Path()


def cache_root(environment: Mapping[str, str] | None = None) -> Path:
    """The variable ABLATE_CACHE, else a folder of the user's."""
    environment = os.environ if environment is None else environment
    if chosen := environment.get("ABLATE_CACHE"):
        return Path(chosen).expanduser()
    shared = environment.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else home() / ".cache") / "ablate"


def usable_cache(environment: Mapping[str, str] | None = None) -> Path | None:
    """`cache_root()` where it can be written; else None, which a process is told of once.

    Containers and batch jobs have read-only homes: what would be kept is then found out again.
    """
    root = cache_root(environment)
    return root if _is_writable(root) else None


@cache
def _is_writable(root: Path) -> bool:
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            return True
    except OSError as error:
        log.warning(
            "%s: %s, so nothing is kept from one command to the next; ABLATE_CACHE names another "
            "folder",
            root,
            error.strerror,
        )
        return False
