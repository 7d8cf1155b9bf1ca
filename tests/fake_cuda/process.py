"""Traces made by a process that pretends, so that nothing of it is left in this one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.fake_cuda.pretence import environment

CLONE = Path(__file__).parents[2]


def traces(names: Iterable[str], folder: Path) -> dict[str, dict[str, Any]]:
    """Names of cells and planted faults -> the fields of `Trace`; builds in `folder`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fake_cuda.worker", *names],
        cwd=CLONE,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rows = map(json.loads, done.stdout.splitlines())
    return {row.pop("name"): row for row in rows}
