from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.analysis import curves_data, epoch_intervals
from ablate.analysis.curves import MOST, highlights
from ablate.errors import DamagedCell, HolesError
from tests.finished_cells import write_finished
from tests.made_results import made
from tests.made_up_search import search

HEAD = "epoch,train_loss,train_error,loss,error,lr,seconds\n"


def write(folder: Path, key: str, lines: str = "1,2.0,80,,,0.1,3.5\n2,1.0,40,1.2,45.5,0.1,3.4\n"):
    path = folder / "cells" / key / "curve.csv"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + lines)


def test_a_row_per_done_cell_and_epoch(rows, tmp_path: Path) -> None:
    table = rows(
        ("A", 0, 5.0, {"depth": 22}),
        ("A", 1, None, {"depth": 22}),
        ("B", 0, 5.0),
        sweep=("depth",),
    )
    for key in ("A-22-0", "A-22-1", "B-0"):
        write(tmp_path, key)
    curve = curves_data(tmp_path, made(table))
    assert curve["key"].tolist() == ["A-22-0"] * 2 + ["B-0"] * 2
    assert curve["epoch"].tolist() == [1, 2, 1, 2]
    assert curve["error"].isna().tolist() == [True, False, True, False]
    assert curve.loc[1, "error"] == 45.5


def test_each_variant_at_its_largest_point_that_has_a_curve(rows, tmp_path: Path) -> None:
    table = rows(
        ("A", 0, 5.0, {"depth": 40, "params": 300}),
        ("A", 0, 5.0, {"depth": 22, "params": 200}),
        ("A", 0, None, {"depth": 58}),
        ("B", 0, 5.0, {"depth": 10, "params": 100}),
        ("B", 0, 5.0, {"depth": 16, "params": 100}),
        ("C", 0, 5.0, {"depth": 10}),
        sweep=("depth",),
    )
    for key in ("A-40-0", "A-22-0", "B-10-0", "B-16-0"):
        write(tmp_path, key)
    labels = curves_data(tmp_path, made(table))["label"].unique().tolist()
    assert labels == ["A, depth 40", "B, depth 16"]


def test_no_curve_at_all_says_where_it_was_looked_for(rows, tmp_path: Path) -> None:
    with pytest.raises(HolesError, match=r"cells/\*/curve.csv is missing"):
        curves_data(tmp_path, made(rows(("A", 0, 5.0))))


def test_of_one_variant_the_best_points_are_shown_in_plan_order(rows, tmp_path: Path) -> None:
    errors = [9.0, 2.0, 8.0, 1.0, 3.0, 4.0, 5.0, 6.0, 7.0, 0.5]
    cells = [("A", 0, error, {"depth": depth}) for depth, error in enumerate(errors)]
    for depth in range(9):  # the best has no curve
        write(tmp_path, f"A-{depth}-0")
    data = curves_data(tmp_path, made(rows(*cells, sweep=("depth",))))
    assert data["label"].unique().tolist() == [f"depth {n}" for n in range(1, 9)]


def test_a_search_labels_its_front_and_cuts_what_was_stopped(tmp_path: Path) -> None:
    results = search(12)
    table = results.cells
    for key in table["key"].dropna():
        write(tmp_path, key, "".join(f"{n},2.0,80,1.2,45.5,0.1,3.5\n" for n in range(1, 15)))
    data = curves_data(tmp_path, results)
    shown = highlights(results)
    assert set(data["label"]) == {"", *(f"trial {n}" for n in shown["trial"])}
    of_front = data.loc[data["label"].ne(""), "key"]
    assert set(of_front) == set(shown["key"])
    stopped = table[table["state"] == "pruned"]["key"].dropna()
    last = data.groupby("key")["epoch"].max()
    assert len(stopped) and (last[stopped] == 10).all() and (last[shown["key"]] == 14).all()
    assert set(data["key"]) == set(table[table["state"].isin(["done", "pruned"])]["key"].dropna())


def test_a_search_whose_best_have_no_curve_has_none(tmp_path: Path) -> None:
    results = search(12)
    table = results.cells
    write(tmp_path, table.loc[table["state"] == "pruned", "key"].iloc[0])
    with pytest.raises(HolesError, match="no done cell has a curve"):
        curves_data(tmp_path, results)


def test_highlights_of_a_long_front_and_of_one_objective() -> None:
    some = highlights(search(100))
    assert len(some) == MOST and some["params"].is_monotonic_decreasing
    best = highlights(search(100, {"error": "minimize"}))
    done = search(100).cells["error"].dropna().sort_values()
    assert best["error"].tolist() == done.head(5).tolist()


def test_a_curve_that_was_changed_is_told(rows, tmp_path: Path) -> None:
    cell = write_finished(tmp_path / "cells" / "A-0", "A-0")
    changed = (cell / "curve.csv").read_text("utf-8").replace("50.0", "20.0")
    (cell / "curve.csv").write_text(changed, "utf-8")
    with pytest.raises(DamagedCell, match=r"curve\.csv: is not what result\.json was written with"):
        curves_data(tmp_path, made(rows(("A", 0, 5.0))))


def test_a_curve_that_is_none_is_told_by_its_name(rows, tmp_path: Path) -> None:
    write(tmp_path, "A-0", "1,much,80,,,0.1,3.5\n")
    with pytest.raises(DamagedCell, match=r"A-0/curve\.csv: is damaged: .*much"):
        curves_data(tmp_path, made(rows(("A", 0, 5.0))))


def test_an_epoch_has_the_interval_of_its_lines_together() -> None:
    errors = {"A": (50.0, 52.0, 49.0), "B": (20.0, 23.0), "C": (30.0,)}
    cells = [(label, 1, error) for label, own in errors.items() for error in own]
    cells += [(label, 2, 10.0) for label, own in errors.items() for _ in own]  # all the same
    data = pd.DataFrame(cells, columns=["label", "epoch", "error"])
    found = epoch_intervals(data, "error").set_index(["label", "epoch"])
    assert found.index.tolist() == [("A", 1), ("B", 1)]
    logs = {label: np.log(own) for label, own in errors.items()}
    squares = sum(((own - own.mean()) ** 2).sum() for own in logs.values())
    half = stats.t.ppf(0.975, 3) * (squares / 3 / 2) ** 0.5
    middle = logs["B"].mean()
    assert found.loc[("B", 1)].tolist() == pytest.approx(np.exp([middle - half, middle + half]))


def test_intervals_of_epochs_hold_as_often_as_they_say() -> None:
    draw = np.random.default_rng(0)
    errors = 20 * np.exp(draw.normal(0, 0.05, (2, 1_500, 3)))
    label, epoch, _ = np.indices(errors.shape).reshape(3, -1)
    data = pd.DataFrame({"label": label, "epoch": epoch, "error": errors.ravel()})
    found = epoch_intervals(data, "error")
    assert found["low"].le(20).eq(found["high"].ge(20)).mean() == pytest.approx(0.95, abs=0.015)
