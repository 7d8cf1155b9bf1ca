from pathlib import Path

import pandas as pd

from ablate.tables import results_csv
from ablate.text import from_field


def test_results_are_a_csv_of_whole_numbers(study, tmp_path: Path) -> None:
    table = study(holes={0: "oom"})
    path = results_csv(table, tmp_path / "results.csv")
    back = pd.read_csv(path)
    assert list(back.columns) == list(table.columns) and len(back) == len(table)
    assert ",22," in path.read_text() and "22.0" not in path.read_text()


def test_maps_are_written_as_json(tmp_path: Path) -> None:
    table = pd.DataFrame({"connectivity": pd.Series(["dense", {"fraction": 0.5}], dtype=object)})
    results_csv(table, tmp_path / "r.csv")
    assert pd.read_csv(tmp_path / "r.csv")["connectivity"].tolist() == [
        "dense",
        '{"fraction": 0.5}',
    ]


def test_no_text_is_a_formula_and_every_text_comes_back(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "+aug", "-BN", "@SUM(A1)", "'quoted'", "''", "plain", "a=b", "5"]
    table = pd.DataFrame(
        {
            "variant": pd.Series(names, dtype="string"),
            "error": pd.Series([-1.5, *[2.0] * 8], dtype="Float64"),
            "gate_bias": pd.Series([-2, "=1+1", "auto", None, *[3] * 5], dtype=object),
        }
    )
    back = pd.read_csv(results_csv(table, tmp_path / "r.csv"), dtype={"variant": str})
    assert not back["variant"].str.match(r"[=+\-@\t\r]").any()
    assert back["variant"].map(from_field).tolist() == names
    assert back["error"].tolist() == [-1.5, *[2.0] * 8]
    assert back["gate_bias"].tolist()[:3] == ["-2", "'=1+1", "auto"]
