"""Cells as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.machine import replacing
from ablate.text import as_field

if TYPE_CHECKING:
    import pandas as pd


def results_csv(table: pd.DataFrame, path: Path) -> Path:
    """`results()` -> a CSV file, a row per cell; swept maps and lists are written as JSON.

    A text that a spreadsheet would take for a formula has a ' before it, see `as_field`.
    """
    plain = table.copy()
    for name in plain.select_dtypes(["object", "string"]):
        plain[name] = plain[name].astype(object).map(_field)
    with replacing(path) as temporary:
        plain.to_csv(temporary, index=False)
    return path


def _field(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return as_field(value) if isinstance(value, str) else value
