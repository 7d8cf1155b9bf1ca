"""Results of made-up studies: a table of cells, and a head that says what a test needs of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ablate.analysis import Head, Results
from ablate.figures import Run


def made(cells: pd.DataFrame, subject: str = "C10+", **head: Any) -> Results:
    """Cells -> the results of a study that has them."""
    names = {"study": "made-up", "profile": "", "question": "", "sweep_keys": ()}
    return Results(cells, Head.of({**names, "subject": subject, **head}))


def run_of(folder: Path, cells: pd.DataFrame | Results, **head: Any) -> Run:
    """A run folder with these cells, for figures."""
    return Run(folder, cells if isinstance(cells, Results) else made(cells, **head))
