import re
from io import StringIO

import pandas as pd
from rich.console import Console

from ablate.claims import LOST, Confirmed
from ablate.contrasts import Basis
from ablate.tables import confirmed_sheets


def text_of(rows: pd.DataFrame) -> list[str]:
    out = Console(file=StringIO(), width=200)
    basis = Basis(1, "seeds", 2, 3.0, 0.5, False)
    for sheet in confirmed_sheets(Confirmed(rows, "deep", basis, "", "C10+", 10_000)):
        out.print(sheet.fitted(200))
    return out.file.getvalue().splitlines()  # type: ignore[attr-defined]


OF_DIFFERENCES = ("expected_error", "validation_difference", "test_difference")


def found(states: str = "", **more: object) -> pd.DataFrame:
    row = {
        **dict.fromkeys(f"{name}{end}" for name in OF_DIFFERENCES for end in ("", "_low", "_high")),
        **dict.fromkeys(
            ["validation_low", "validation_high", "expected_difference", "p", "verdict"]
        ),
        **dict.fromkeys(["bound_low", "bound_high", "lost"]),
        "variant": "[A] depth=40",
        "chosen_as": "best, knee",
        "params": 769_162,
        "validation_error": 4.5,
        "validation_n": 1,
        "validation_lost": "",
        "test_error": 5.25,
        "test_low": 5.0,
        "test_high": 5.5,
        "test_n": 3,
        "states": states,
        **more,
    }
    return pd.DataFrame([row]).convert_dtypes()


def test_each_error_has_its_column() -> None:
    lines = text_of(found())
    assert lines[0].strip() == "C10+ error (%)"
    heads, cells = (re.split(r"  +", lines[i].strip()) for i in (2, 4))
    assert heads == ["variant", "chosen as", "params", "validation error", "test error"]
    assert cells == ["[A] depth=40", "best, knee", "769.2k", "4.50 (n=1)", "5.25 ± 0.25 (n=3)"]
    caption = " ".join(line.strip() for line in lines[5:])
    assert "test: fresh seeds, trained on all training images" in caption


def test_holes_have_a_column() -> None:
    lines = text_of(found("2 waiting"))
    assert lines[2].split()[-1] == "missing" and lines[4].strip().endswith("2 waiting")


def differences(lines: list[str]) -> list[list[str]]:
    """Heads and rows of the second table."""
    start = next(i for i, line in enumerate(lines) if line.startswith("difference to deep (points"))
    table = [re.split(r"  +", line.strip()) for line in lines[start + 2 :]]
    return [table[0], *(row for row in table[2:] if row[0] == "[A] depth=40")]


def test_what_was_predicted_stands_beside_what_was_seen() -> None:
    seen = {"test_difference": -0.8, "test_difference_low": -1.3, "test_difference_high": -0.3}
    rows = found(validation_difference=-1.5, **seen, p=0.0151, verdict="better")
    again = found(validation_difference=-1.2, **seen, p=0.0151, verdict="better")
    lines = text_of(pd.concat([rows, found(variant="deep"), again], ignore_index=True))
    assert differences(lines) == [
        ["variant", "validation", "test", "p", "verdict"],
        ["[A] depth=40", "-1.50", "-0.80 [-1.30, -0.30]", "0.015", "better"],
        ["[A] depth=40", "-1.20", "-0.80 [-1.30, -0.30]", "0.015", "better"],
    ]
    text = " ".join(" ".join(lines).split())
    assert "too good where it was chosen for that; test: of the same fresh seeds [95%" in text
    assert "what was chosen again, by more cells, has a row for each time" in text


def test_what_was_expected_of_a_choice_stands_between() -> None:
    luck = {"expected_error": 4.8, "expected_error_low": 4.6, "expected_error_high": 5.1}
    apart = {"validation_difference": -1.5, "expected_difference": -1.2, "test_difference": -0.8}
    lines = text_of(found(**luck, **apart, verdict="undecided", validation_n=3))
    heads, cells = (re.split(r"  +", lines[i].strip()) for i in (2, 4))
    assert heads[3:] == ["validation error", "expected", "test error"]
    assert cells[3:] == ["4.50 (n=3)", "4.80 [4.60, 5.10]", "5.25 ± 0.25 (n=3)"]
    assert differences(lines) == [
        ["variant", "validation", "expected", "test", "verdict"],
        ["[A] depth=40", "-1.50", "-1.20", "-0.80", "undecided"],
    ]
    text = " ".join(" ".join(lines).split())
    assert "expected: of new seeds, without the luck of the choice, [95% interval]" in text


def test_lost_cells_are_told_with_both() -> None:
    bounds = {"bound_low": -0.9, "bound_high": 27.0, "verdict": LOST, "lost": "diverged 1 of 3"}
    lines = text_of(found(validation_lost="timeout 1 of 2", **bounds))
    assert "4.50 (n=1), timeout 1 of 2" in lines[4]
    assert differences(lines)[1] == ["[A] depth=40", "-", "-0.90 to +27.00", "diverged 1 of 3"]


def test_without_differences_there_is_one_table() -> None:
    lines = text_of(found())
    assert not any("difference" in line or "has a row for each time" in line for line in lines)
