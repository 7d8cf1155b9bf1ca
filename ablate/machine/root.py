"""Where datasets are looked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ablate.machine.caches import home

VARIABLE = "ABLATE_DATA"


def data_root(
    option: str | Path | None = None, environment: Mapping[str, str] | None = None
) -> Path:
    """What was asked for, else the variable ABLATE_DATA, else a folder of the user's."""
    environment = os.environ if environment is None else environment
    if chosen := option or environment.get(VARIABLE):
        return Path(chosen).expanduser()
    shared = environment.get("XDG_DATA_HOME")
    return (Path(shared) if shared else home() / ".local" / "share") / "ablate"
