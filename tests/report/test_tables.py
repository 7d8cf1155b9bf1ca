from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from ablate.analysis import (
    Comparison,
    beside_published,
    compare,
    compare_factorial,
    compare_path,
    shortlist,
)
from ablate.report import compare_note, compare_table, compare_text
from ablate.text import count, size
from tests.made_results import made
from tests.made_up_search import search

TWO = {"A": ((10, 22), 650, 1.0), "B [big]": ((22,), 450, 0.9)}


def compared(table: pd.DataFrame, baseline: str = "A") -> Comparison:
    return Comparison(compare(table, baseline), subject="C10+")


def printed(comparison, width: int) -> str:
    console = Console(width=width, file=StringIO())
    console.print(compare_table(comparison, width))
    return console.file.getvalue()


def test_lines_for_programs(study) -> None:
    lines = compare_text(compared(study(TWO))).splitlines()
    assert lines[0].split("\t") == [
        "variant",
        "depth",
        "C10+ validation error (%)",
        "params",
        "MACs",
        "memory",
        "train time",
        "difference",
    ]
    first, third = lines[1].split("\t"), lines[3].split("\t")
    assert first[:2] == ["A", "10"] and first[3:] == [
        "65k",
        "22.8M",
        "349 MiB",
        "3 min 37 s",
        "baseline",
    ]
    assert first[2].endswith("(n=3)") and "±" in first[2]
    assert third[0] == "B [big]" and third[-1].startswith(("-", "+")) and third[-1].endswith("]")


def test_holes_and_fewer_pairs_are_shown(study) -> None:
    comparison = compared(study(TWO, holes={0: "oom", 5: "waiting"}))
    rows = [line.split("\t") for line in compare_text(comparison).splitlines()]
    assert rows[0][-1] == "missing"
    assert [row[-1] for row in rows[1:]] == ["1 oom", "1 waiting", ""]
    assert rows[3][-2].endswith("(2 of 3 seeds)")


def test_more_errors_stand_beside_the_error(study) -> None:
    comparison = compared(study(TWO))
    rows = comparison.rows.assign(top5_error=[7.0, 6.0, 5.125])
    comparison = replace(comparison, rows=rows)
    lines = compare_text(comparison).splitlines()
    assert [line.split("\t")[3] for line in lines] == ["top-5 error (%)", "7.00", "6.00", "5.12"]
    assert "10-crop" not in lines[0]


def test_columns_without_a_number_are_left_out(study) -> None:
    text = compare_text(compared(study(TWO, seeds=1, peak_bytes=None)))
    assert "memory" not in text and "(n=1)" in text and "±" not in text


def test_a_narrow_terminal_loses_costs_and_says_which(study) -> None:
    comparison = compared(study(TWO))
    wide, narrow = printed(comparison, 140), printed(comparison, 80)
    assert "left out" not in wide and "train time" in wide and "B [big]" in wide
    assert "left out for want of width: memory, train time" in narrow
    assert max(map(len, narrow.splitlines())) <= 80


def test_the_note_says_only_what_is_there(study) -> None:
    assert compare_note(compared(study(TWO, seeds=1))) == (
        "difference to the baseline at equal depth (-: the baseline is not there), paired by seed"
    )
    assert "95% t interval over seeds; difference" in compare_note(compared(study(TWO)))
    of_two = compare_note(compared(study(TWO, seeds=2)))
    assert "over 2 seeds it has 1 degree of freedom and its width is mostly luck; diff" in of_two


def test_cells_of_a_search_go_by_number_and_key() -> None:
    found = shortlist(search(60))
    heads, first, *_ = [line.split("\t") for line in compare_text(found).splitlines()]
    assert heads[:3] == ["trial", "key", "growth rate"]
    assert "validation error (%)" in heads and "difference" not in heads
    assert first[:2] == [str(found.rows["trial"][0]), found.rows["key"][0][:8]]
    assert compare_note(found) == found.shown


def words_of(text: str) -> set[str]:
    return set(text.split())


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_search_keeps_its_objectives_and_breaks_no_word(width: int) -> None:
    aims = {"error": "minimize", "peak_bytes": "minimize"}
    found = shortlist(search(60, aims))
    table, wide = printed(found, width), printed(found, 200)
    assert "memory" in words_of(table)
    assert max(map(len, table.splitlines())) <= width
    until = "left out for want of width"
    assert words_of(table.split(until)[0].replace("─", "")) <= words_of(wide)
    for key, memory in zip(found.rows["key"], found.rows["peak_bytes"], strict=True):
        assert key[:8] in table and size(memory) in table
    assert ("left out for want of width: " in table) and "params, MACs" in table


def test_an_objective_without_a_column_gets_one() -> None:
    found = shortlist(search(60, {"loss": "minimize", "flops": "minimize"}))
    heads, first, *_ = [line.split("\t") for line in compare_text(found).splitlines()]
    row = dict(zip(heads, first, strict=True))
    assert row["loss"] == f"{found.rows['loss'][0]:.4f}" and row["FLOPs"] == count(
        found.rows["flops"][0]
    )
    assert "saved" not in row


def test_few_images_are_told(study) -> None:
    comparison = compared(study(TWO))
    assert "images" not in compare_note(comparison)
    comparison = replace(comparison, images=12)
    note = "errors are of 12 images, of which one image more or less is 8.33 points"
    assert note in compare_note(comparison)
    assert "images" not in compare_note(replace(comparison, images=5_000))


def test_every_cell_of_a_search_shows_its_state() -> None:
    found = shortlist(search(60), everything=True)
    heads, *rows = [line.split("\t") for line in compare_text(found).splitlines()]
    assert heads[:4] == ["front", "trial", "key", "state"] and "missing" not in heads
    assert sum(row[0] == "*" for row in rows) == found.rows["front"].sum() > 0
    error = heads.index("validation error (%)")
    ends = {"done": "(n=1)", "pruned": "at epoch 10"}
    assert all(row[error].endswith(ends[row[3]]) for row in rows)


def test_knobs_that_no_shown_cell_has_are_left_out() -> None:
    found = shortlist(search(60))
    found.rows["dropout"] = None
    assert "dropout" not in compare_text(found) and "growth rate" in compare_text(found)


def test_a_path_shows_its_steps_in_order(study) -> None:
    one = {"baseline": 1.0, "slow": 1.2, "wide": 0.8, "wide + slow": 0.9}
    table = study({name: ((None,), 650, factor) for name, factor in one.items()}, noise=0)
    comparison = compare_path(table, ["slow", "wide"], 0.0)
    rows = [line.split("\t") for line in compare_text(comparison).splitlines()]
    assert rows[0][:2] == ["step", "variant"]
    assert [row[:2] for row in rows[1:]] == [
        ["0", "baseline"],
        ["1", "wide"],
        ["", "slow"],
        ["", "wide + slow"],
    ]
    assert rows[1][-1] == "baseline" and rows[2][-1].startswith("-")
    assert "difference to what it was tried on, paired by seed" in compare_note(comparison)


def test_a_factorial_names_its_reference_and_levels_of_nothing(study) -> None:
    comparison = compare_factorial(study({"s": ((None, 22), 650, 1.0)}), {"depth": None})
    rows = [line.split("\t") for line in compare_text(comparison).splitlines()]
    assert [row[1] for row in rows] == ["depth", "none", "22"]
    assert [row[-1] == "baseline" for row in rows[1:]] == [True, False]
    assert "difference to s, depth none, paired" in compare_note(comparison)
    assert "none" not in compare_text(compared(study({"s": ((None,), 650, 1.0)}), "s"))


def test_published_numbers_stand_beside_ours(study) -> None:
    table = study({"DenseNet": ((40,), 1_019_722 / 1600, 1.0), "A": ((40,), 650, 1.0)}, noise=0)
    results = made(table, published="table2")
    comparison = beside_published(compared(table), results)
    heads, ours, other = [line.split("\t") for line in compare_text(comparison).splitlines()]
    assert heads[-2:] == ["published", "ours - published"]
    assert ours[-2:] == ["5.24", f"{comparison.rows['error'][0] - 5.24:+.2f}"]
    assert other[-2:] == ["", ""]
    assert compare_note(comparison).endswith(
        "; published: test error, epochs 300 (CVPR 2017 Table 2); ours: validation error, epochs 40"
    )
    assert "published" not in compare_text(compared(results.cells))
