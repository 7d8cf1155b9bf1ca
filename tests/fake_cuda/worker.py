"""`python -m tests.fake_cuda.worker NAME...`: traces as JSON, a line each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from tests.fake_cuda.cells import CELLS, PAPER
from tests.fake_cuda.planted import CELL, PLANTED
from tests.fake_cuda.steps import Trace, trace


def traced(name: str) -> Trace:
    """Of a cell, or of the step with a planted fault."""
    if name in PLANTED:
        step_class, _ = PLANTED[name]
        return trace(CELL, step_class)
    return trace((CELLS | PAPER)[name])


for name in sys.argv[1:]:
    print(json.dumps({"name": name} | asdict(traced(name))), flush=True)
