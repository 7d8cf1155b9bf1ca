"""A run folder -> the table of its cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ablate.analysis.frame import frame
from ablate.analysis.measured import measured_frame
from ablate.cells import METRICS

_MEASURED = [name for name, metric in METRICS.items() if metric.source == "measured"]


def results(folder: str | Path) -> pd.DataFrame:
    """A run folder -> a row per cell; of a measure study a row per network and implementation.

    `attrs` has the study's head: baseline, subject, sweep_keys.
    """
    from ablate.records import RunFolder, newest_by_cell, rows

    if RunFolder(Path(folder)).is_measured_alone:
        return measurements(folder)
    records, head = rows(folder)
    measured = newest_by_cell(RunFolder(Path(folder)))
    records = [
        record | {name: getattr(measured.get(record["key"]), name, None) for name in _MEASURED}
        for record in records
    ]
    table = frame(records, head["sweep_keys"], head.get("matched_keys", ()))
    table.attrs = {key: value for key, value in head.items() if key != "cells"}
    return table


def trained(folder: str | Path) -> pd.DataFrame:
    """`results()` of a run that trains. Raises RunFolderError for one of a measure study."""
    from ablate.records import open_folder

    open_folder(folder)
    return results(folder)


def several(texts: str | Sequence[str]) -> Sequence[str]:
    """One text, or more -> a list: a text is a sequence of texts too, which nobody means."""
    return [texts] if isinstance(texts, str) else texts


def measurements(folder: str | Path) -> pd.DataFrame:
    """The folder of a measure study -> all that was measured there, in that order."""
    from ablate.records import RunFolder, head_of, read_rows

    found = RunFolder(Path(folder))
    rows = read_rows(found.measurements)
    table = measured_frame([row.document() for row in rows])
    table.attrs.update(head_of(found))
    return table
