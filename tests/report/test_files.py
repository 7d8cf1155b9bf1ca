from pathlib import Path

import pandas as pd
import pytest

from ablate.report import results_csv
from ablate.report.files import replacing


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


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]
