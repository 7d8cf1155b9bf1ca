from dataclasses import replace
from io import StringIO
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from ablate.analysis import outcomes_of
from ablate.claims import Comparison, comparison
from ablate.tables import compare_note, compare_sheets, compare_tables, compare_text
from ablate.text import Said, count, size
from tests.made_outcomes import cells_of, reader, wrong
from tests.made_results import made
from tests.made_up_search import search

TWO = {"A": ((10, 22), 650, 1.0), "B [big]": ((22,), 450, 0.9)}


def compared(table: pd.DataFrame, baseline: str = "A", **head: Any) -> Comparison:
    return comparison(made(table, baseline=baseline, **head))


def printed(found: Comparison, width: int) -> str:
    console = Console(width=width, file=StringIO())
    for table in compare_tables(found, width):
        console.print(table)
    return console.file.getvalue()


def blocks(found: Comparison) -> list[list[list[str]]]:
    """What programs read: of each table its lines, in columns."""
    tables = compare_text(found).split("\n\n")
    return [[line.split("\t") for line in table.splitlines()] for table in tables]


def test_lines_for_programs(study) -> None:
    lines, rows = blocks(compared(study(TWO)))
    assert lines[0][:5] == ["variant", "parameters", "difference", "p", "verdict"]
    assert lines[0][5:] == ["ratio"] and lines[2][5].startswith("0.")
    assert lines[1][:3] == ["A", "", "baseline"]
    assert lines[2][:2] == ["B [big]", "217.8k"] and lines[2][2].endswith("]")
    assert rows[0] == [
        "variant",
        "depth",
        "C10+ validation error (%)",
        "params",
        "MACs",
        "memory",
        "train time",
        "cost ratio",
        "on front",
        "difference",
    ]
    first, third = rows[1], rows[3]
    assert first[:2] == ["A", "10"]
    assert first[3:] == ["65k", "22.8M", "349 MiB", "3 min 37 s", "", "100%", "baseline"]
    assert first[2].endswith("(n=3)") and "±" in first[2]
    assert third[0] == "B [big]" and third[-1].startswith(("-", "+")) and third[-1].endswith("]")
    assert third[-3] == "0.69"


def test_holes_are_shown(study) -> None:
    *_, rows = blocks(compared(study(TWO, holes={0: "oom", 5: "waiting"})))
    assert rows[0][-1] == "missing"
    assert [row[-1] for row in rows[1:]] == ["1 oom", "1 waiting", ""]


def test_lost_cells_are_a_verdict_with_bounds(study) -> None:
    found = compared(study(TWO, holes={6: "diverged"}), classes=10)
    lines, rows = blocks(found)
    row = dict(zip(lines[0], lines[2], strict=False))
    assert row["verdict"] == "diverged 1 of 3" and " to +" in row["difference"]
    assert " to +" in rows[3][rows[0].index("difference")]  # of a point, at another cost
    assert "ratio" not in lines[0] and rows[3][-1] == "1 diverged"
    note = compare_note(found)
    assert note.count("count against their variant") == 1
    assert "error of chance, 90 %" in note
    assert "diverged 1 of 3" in printed(found, 80)


def test_a_verdict_stands_with_its_family_and_nowhere_else(study) -> None:
    lines, rows = blocks(compared(study(TWO, noise=8.0), margin=4.0))
    assert lines[0][4:6] == ["verdict", "seeds needed"] and int(lines[2][5]) > 3
    assert "verdict" not in rows[0] and "p" not in rows[0]
    one = {"A": ((None,), 650, 1.0), "B": ((None,), 650, 0.5)}
    (rows,) = blocks(compared(study(one)))
    assert rows[0][-3:] == ["difference", "p", "verdict"] and rows[2][-1] == "better"


def test_over_images_the_note_says_of_how_many(rows) -> None:
    found = wrong("AB", seeds=3)
    table = rows(*cells_of(found))
    results = made(table, baseline="A", images=240)
    alone = comparison(results)
    crossed = comparison(results, outcomes=outcomes_of(table, reader(found)))
    assert "[95% interval, over seeds, not over images], from" in compare_note(alone)
    note = compare_note(crossed)
    assert "[95% interval, over seeds and images (240 images)], from a deviation of" in note
    assert "points over seeds, pooled over 2 points (2 degrees of freedom)" in note
    assert "McNemar" not in note + compare_text(crossed)


def test_single_networks_have_counts_and_no_verdict_of_designs(rows) -> None:
    found = wrong("ABC", seeds=1)
    table = rows(*cells_of(found))
    results = made(table, baseline="A", images=240)
    (heads, *_), note = blocks(comparison(results))[0], compare_note(comparison(results))
    assert "McNemar p" not in heads and "`--over images` asks whether the networks differ" in note
    crossed = comparison(results, outcomes=outcomes_of(table, reader(found)))
    (shown,), note = blocks(crossed), compare_note(crossed)
    assert shown[0][-3:] == ["only here", "only there", "McNemar p"]
    first = crossed.rows.iloc[1]
    assert shown[2][-3:-1] == [str(first[f"wrong_only_{at}"]) for at in ("here", "there")]
    assert "by Holm's method for all 2, which says nothing of their designs" in note
    assert "`--over images`" not in note


def test_more_errors_stand_beside_the_error(study) -> None:
    found = compared(study(TWO))
    found = replace(found, rows=found.rows.assign(top5_error=[7.0, 6.0, 5.125]))
    *_, rows = blocks(found)
    assert [row[3] for row in rows] == ["top-5 error (%)", "7.00", "6.00", "5.12"]
    assert "10-crop" not in rows[0]


def test_columns_without_a_number_are_left_out(study) -> None:
    text = compare_text(compared(study(TWO, seeds=1, peak_bytes=None)))
    assert "memory" not in text and "(n=1)" in text and "±" not in text


def test_a_narrow_terminal_loses_costs_and_says_which(study) -> None:
    found = compared(study(TWO))
    wide, narrow = printed(found, 140), printed(found, 80)
    assert "left out" not in wide and "train time" in wide and "B [big]" in wide
    assert "left out for want of width: MACs, memory, train time, on front" in " ".join(
        narrow.split()
    )
    said = ["on front: how surely" in " ".join(text.split()) for text in (wide, narrow)]
    assert said == [True, False]
    assert max(map(len, narrow.splitlines())) <= 80


def test_lines_on_a_narrow_terminal_keep_the_difference_whole(study) -> None:
    found = compared(study({"a long name of a variant": TWO["A"], "B": TWO["B [big]"]}), "B")
    narrow = printed(found, 72)
    (difference,) = found.lines["difference"].dropna()
    line = next(line for line in narrow.splitlines() if line.strip().startswith("a long name"))
    assert f"{difference:+.2f} [" in line and "]" in line
    assert max(map(len, narrow.splitlines())) <= 72
    assert "left out for want of width: p" in " ".join(narrow.split())


def test_the_note_says_only_what_is_there(study) -> None:
    one = compare_note(compared(study(TWO, seeds=1)))
    assert "interval" not in one.replace("without an interval", "") and "of one seed" in one
    note = compare_note(compared(study(TWO)))
    assert "± is half the 95% t interval over seeds; difference" in note
    assert "[95% interval, over seeds, not over images], from a deviation of 0." in note
    assert "pooled over 3 points (4 degrees of freedom), equal deviations assumed" in note
    assert "the study has no `margin:`" in note or "undecided" not in compare_text(
        compared(study(TWO))
    )
    of_two = compare_note(compared(study(TWO, seeds=2)))
    assert "over 2 seeds it has 1 degree of freedom and its width is mostly luck; diff" in of_two
    assert "margin: 0.25 points" in compare_note(compared(study(TWO), margin=0.25))


def test_a_range_that_covers_little_of_a_curve_is_told(study) -> None:
    little = {"A": ((10, 40), 650, 1.0), "B": ((38, 100), 650, 1.0)}
    note = compare_note(compared(study(little)))
    assert "B: the parameters of both are 4% of a curve only" in note
    assert "of a curve" not in compare_note(compared(study(TWO)))


def test_how_many_comparisons_there_are(study) -> None:
    four = {name: ((None,), 650, factor) for name, factor in zip("ABCD", (1, 2, 3, 4), strict=True)}
    note = compare_note(compared(study(four)))
    assert "[95% intervals of all 3 at once, over seeds, not over images]" in note


def test_cells_of_a_search_go_by_number_and_key() -> None:
    found = comparison(search(60))
    heads, first, *_ = [line.split("\t") for line in compare_text(found).splitlines()]
    assert heads[:3] == ["trial", "key", "growth rate"]
    assert "C10+ validation error (%)" in heads and "difference" not in heads
    assert first[:2] == [str(found.rows["trial"][0]), found.rows["key"][0][:8]]
    assert compare_note(found) == found.shown


def words_of(text: str) -> set[str]:
    return set(text.split())


@pytest.mark.parametrize("width", [60, 80, 100])
def test_a_narrow_search_keeps_its_objectives_and_breaks_no_word(width: int) -> None:
    aims = {"error": "minimize", "peak_bytes": "minimize"}
    found = comparison(search(60, aims))
    table, wide = printed(found, width), printed(found, 200)
    assert "memory" in words_of(table)
    assert max(map(len, table.splitlines())) <= width
    until = "left out for want of width"
    assert words_of(table.split(until)[0].replace("─", "")) <= words_of(wide)
    for key, memory in zip(found.rows["key"], found.rows["peak_bytes"], strict=True):
        assert key[:8] in table and size(memory) in table
    assert ("left out for want of width: " in table) and "params, MACs" in table


def test_an_objective_without_a_column_gets_one() -> None:
    found = comparison(search(60, {"loss": "minimize", "flops": "minimize"}))
    heads, first, *_ = [line.split("\t") for line in compare_text(found).splitlines()]
    row = dict(zip(heads, first, strict=True))
    assert row["loss"] == f"{found.rows['loss'][0]:.4f}" and row["FLOPs"] == count(
        found.rows["flops"][0]
    )
    assert "saved" not in row


def test_the_images_are_told(study) -> None:
    found = compared(study(TWO))
    assert "of 5,000 images" in compare_note(replace(found, images=5_000))
    few = "errors are of 12 images, of which one image more or less is 8.33 points"
    assert few in compare_note(replace(found, images=12))
    assert "images;" not in compare_note(found).replace("not over images;", "")


def test_every_cell_of_a_search_shows_its_state() -> None:
    found = comparison(search(60), everything=True)
    heads, *rows = [line.split("\t") for line in compare_text(found).splitlines()]
    assert heads[:4] == ["front", "trial", "key", "state"] and "missing" not in heads
    assert sum(row[0] == "*" for row in rows) == found.rows["front"].sum() > 0
    error = heads.index("C10+ validation error (%)")
    ends = {"done": "(n=1)", "pruned": "at epoch 10"}
    assert all(row[error].endswith(ends[row[3]]) for row in rows)


def test_knobs_that_no_shown_cell_has_are_left_out() -> None:
    found = comparison(search(60))
    found.rows["dropout"] = None
    assert "dropout" not in compare_text(found) and "growth rate" in compare_text(found)


def test_a_path_shows_its_steps_in_order(study) -> None:
    one = {"baseline": 1.0, "slow": 1.2, "wide": 0.8, "wide + slow": 0.9}
    table = study({name: ((None,), 650, factor) for name, factor in one.items()}, noise=0)
    design = {"kind": "path", "changes": ["slow", "wide"], "margin": 0.0}
    found = compared(table, "baseline", design=design, images=10_000)
    (rows,) = blocks(found)
    assert rows[0][:2] == ["step", "variant"]
    assert [row[:2] for row in rows[1:]] == [
        ["0", "baseline"],
        ["1", "wide"],
        ["", "slow"],
        ["", "wide + slow"],
    ]
    assert "baseline" in rows[1] and rows[2][rows[0].index("difference")].startswith("-")
    note = compare_note(found)
    assert "difference to what it was tried on; [95% intervals of all 3 at once, over the" in note
    assert "10,000 images, as seeds leave no spread]" in note


def test_a_factorial_names_its_reference_and_levels_of_nothing(study) -> None:
    table, design = study({"s": ((None, 22), 650, 1.0)}), {"kind": "factorial"}
    found = compared(table, design={**design, "reference": {"depth": None}})
    (rows,) = blocks(found)
    assert [row[1] for row in rows] == ["depth", "none", "22"]
    assert ["baseline" in row for row in rows[1:]] == [True, False]
    assert "difference to s, depth none at equal depth" not in compare_note(found)
    assert "difference to s, depth none; [" in compare_note(found)
    assert "none" not in compare_text(compared(study({"s": ((None,), 650, 1.0)}), "s"))


def test_published_numbers_stand_beside_ours(study) -> None:
    table = study({"DenseNet": ((40,), 1_019_722 / 1600, 1.0), "A": ((40,), 650, 1.0)}, noise=0)
    results = made(table, published="table2", baseline="A")
    found = comparison(results, published=True)
    ((heads, ours, other),) = blocks(found)
    assert heads[-2:] == ["published", "ours - published"]
    assert ours[-2:] == ["5.24", f"{found.rows['error'][0] - 5.24:+.2f}"]
    assert other[-2:] == ["", ""]
    assert compare_note(found).endswith(
        "; published: test error, epochs 300 (CVPR 2017 Table 2); ours: validation error, epochs 40"
    )
    assert "published" not in compare_text(comparison(results))


def test_texts_of_a_sheet_know_their_numbers_and_a_width_takes_nothing_from_it(study) -> None:
    sheet = compare_sheets(compared(study(), "DenseNet"))[-1]
    heads, rows = sheet.lines
    sheet.fitted(60)
    assert (heads, rows) == sheet.lines and "MACs" in heads
    params, depth = (rows[0][heads.index(head)] for head in ("params", "depth"))
    assert (str(params), params.number) == ("65k", 65_000) and depth.number == 10
    differences = [row[heads.index("difference")] for row in rows]
    assert differences[0] == "baseline" and differences[0].number is None
    assert not isinstance(rows[0][0], Said)
