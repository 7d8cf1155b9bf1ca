"""Where is kept what can be found out again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def cache_root(environment: Mapping[str, str] | None = None) -> Path:
    """The variable ABLATE_CACHE, else a folder of the user's."""
    environment = os.environ if environment is None else environment
    if chosen := environment.get("ABLATE_CACHE"):
        return Path(chosen).expanduser()
    shared = environment.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ablate"
