"""Files appear whole or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.text import as_field

if TYPE_CHECKING:
    import pandas as pd


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; what was written there is flushed and takes its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


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
