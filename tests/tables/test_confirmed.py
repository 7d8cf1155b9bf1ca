from io import StringIO

import pandas as pd
from rich.console import Console

from ablate.tables import confirmed_table


def text_of(found: pd.DataFrame) -> list[str]:
    out = Console(file=StringIO(), width=200)
    out.print(confirmed_table(found, "C10+"))
    return out.file.getvalue().splitlines()  # type: ignore[attr-defined]


def found(states: str = "") -> pd.DataFrame:
    row = {
        "variant": "[A] depth=40",
        "chosen_as": "best, knee",
        "params": 769_162,
        "validation_error": 4.5,
        "validation_low": None,
        "validation_high": None,
        "validation_n": 1,
        "test_error": 5.25,
        "test_low": 5.0,
        "test_high": 5.5,
        "test_n": 3,
        "states": states,
    }
    return pd.DataFrame([row]).convert_dtypes()


def test_each_error_has_its_column() -> None:
    lines = text_of(found())
    assert lines[0].strip() == "C10+ error (%)"
    heads = [head.strip() for head in lines[2].split("   ") if head.strip()]
    assert heads == ["variant", "chosen as", "params", "validation error", "test error"]
    cells = [cell.strip() for cell in lines[4].split("   ") if cell.strip()]
    assert cells == ["[A] depth=40", "best, knee", "769.2k", "4.50 (n=1)", "5.25 ± 0.25 (n=3)"]
    caption = " ".join(line.strip() for line in lines[5:])
    assert "test: fresh seeds, trained on all training images" in caption


def test_holes_have_a_column() -> None:
    lines = text_of(found("2 waiting"))
    assert lines[2].split()[-1] == "missing" and lines[4].strip().endswith("2 waiting")
