"""The tables of made-up studies are written row by row, and gone on with where one stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer

from benchmarks.validity import __main__ as table
from benchmarks.validity.studies import told


def test_a_stopped_table_goes_on_after_its_last_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, asked = tmp_path / "validity.csv", []

    def counted(condition: Any, number: int) -> dict[str, float]:
        asked.append((condition.name, number))
        if len(asked) == 6:
            raise KeyboardInterrupt
        return told(condition, number)

    few = list(table.conditions.conditions())[4:7]  # of two variants, which is quick
    monkeypatch.setattr(table.conditions, "conditions", lambda: few)
    options = {"jobs": 1, "table": "comparisons", "csv": path}
    monkeypatch.setattr(table.comparisons, "told", counted)
    with pytest.raises(KeyboardInterrupt):
        table.main(studies=2, **options)
    assert len(pd.read_csv(path)) == 2
    table.main(studies=2, **options)
    assert len(asked) == 6 + 2
    whole = pd.read_csv(path, keep_default_na=False)
    assert whole["condition"].tolist() == [each.name for each in few]  # `null` is one
    assert whole["points"].tolist() == [each.points for each in few] and "numpy" in whole
    begun = path.read_bytes()
    table.main(studies=2, **options)
    assert path.read_bytes() == begun and len(asked) == 8
    with pytest.raises(typer.BadParameter, match="another number of studies"):
        table.main(studies=3, **options)


def test_one_condition_is_printed_alone(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="one of comparisons, choices, effects"):
        table.main(studies=2, table="choice")
    with pytest.raises(typer.BadParameter, match="leave out --csv"):
        table.main(studies=2, jobs=1, only="null", csv=tmp_path / "validity.csv")
