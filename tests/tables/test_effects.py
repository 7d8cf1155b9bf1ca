"""Effects as tables: what a reader finds in them, at 80 columns too."""

from __future__ import annotations

from io import StringIO
from itertools import product

import numpy as np
import pytest
from rich.console import Console

from ablate.analysis import Results, frame
from ablate.claims import comparison
from ablate.contrasts import effects_of
from ablate.tables import (
    compare_note,
    compare_tables,
    compare_text,
    effects_note,
    effects_text,
    pairs_sheets,
)
from tests.analysis.conftest import record
from tests.made_results import made

KEYS = ("bottleneck_width", "compression", "growth_rate")


def results(lost: tuple[int, ...] = (), seeds: int = 3, margin: float | None = None) -> Results:
    """Eight combinations; what a bottleneck does depends on the growth rate."""
    draw, cells = np.random.default_rng(2), []
    for i, at in enumerate(product((None, 4), (1.0, 0.5), (6, 12))):
        for seed in range(seeds):
            error = 60 - 2 * (at[2] == 12) + 4 * (at[0] == 4 and at[2] == 12) + draw.normal(0, 0.5)
            settings = dict(zip(KEYS, at, strict=True))
            cells.append(record("s", seed, None if i in lost else error, **settings))
    design = {"kind": "factorial", "reference": dict(zip(KEYS, (None, 1.0, 6), strict=True))}
    head = {"baseline": "s", "design": design, "sweep_keys": KEYS, "question": "Do they add up?"}
    return made(frame(cells, KEYS), margin=margin, images=5_000, **head)


def blocks(text: str) -> list[list[list[str]]]:
    return [[line.split("\t") for line in part.splitlines()] for part in text.split("\n\n")]


def test_lines_for_programs() -> None:
    levels, crossed, *pairs = blocks(
        effects_text(effects_of(results(margin=0.2)), "C10+ validation error", with_pairs=True)
    )
    assert levels[0] == [
        *("level", "C10+ validation error (%)", "n", "difference", "p", "verdict"),
        *("seeds needed", "depends on"),
    ]
    assert [row[0] for row in levels[1:]] == [
        *("bottleneck width none", "bottleneck width 4", "compression 0.5", "compression 1.0"),
        *("growth rate 6", "growth rate 12"),
    ]
    assert levels[1][3:] == ["reference", "", "", "", ""]
    assert levels[2][-1] == "growth rate" and levels[6][-1] == "bottleneck width"
    assert crossed[0] == [
        *("effect of", "with", "at reference", "there", "interaction", "p", "verdict")
    ]
    assert [row[:2] for row in crossed[1:]] == [
        ["bottleneck width 4", "compression 0.5"],
        ["bottleneck width 4", "growth rate 12"],
        ["compression 0.5", "growth rate 12"],
    ]
    assert [row[-1] for row in crossed[1:]] == ["undecided", "clear", "undecided"]
    assert [head[0][0] for head in pairs] == ["bottleneck width", "bottleneck width", "compression"]
    assert pairs[1][0][1:] == ["growth rate 6", "growth rate 12"]
    assert [row[0] for row in pairs[1][1:]] == ["none", "4"]
    errors = results().cells["error"].to_numpy(float).reshape(2, 2, 2, 3)
    assert pairs[1][2][2].startswith(f"{errors[1, :, 1].mean():.2f} ± ")


def test_a_factorial_is_compared_by_its_effects() -> None:
    compared = comparison(results())
    effects, crossed, rows = blocks(compare_text(compared))
    assert effects[0][0] == "level" and crossed[0][0] == "effect of" and rows[0][0] == "variant"
    assert "verdict" not in rows[0]
    note = compare_note(compared)
    assert "[95% intervals of all 6 at once, over seeds, not over images]" in note
    assert "beside the effects above, which decide" in note
    assert "by what seeds do to whole levels (6 degrees of freedom)" in note


@pytest.mark.parametrize("width", [80, 120])
def test_no_number_is_broken(width: int) -> None:
    compared = comparison(results())
    console = Console(width=width, file=StringIO())
    (levels, crossed, _) = compare_tables(compared, width)
    assert compared.effects is not None
    pairs = [sheet.fitted(width) for sheet in pairs_sheets(compared.effects, "error")]
    for table in (levels, crossed, *pairs):
        console.print(table)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    for row in effects_of(results()).levels.dropna(subset="difference").itertuples():
        ends = f"[{row.difference_low:+.2f}, {row.difference_high:+.2f}]"
        assert any(f"{row.difference:+.2f} {ends}" in line for line in lines)


def test_what_stands_in_for_lost_combinations_is_said() -> None:
    note = effects_note(effects_of(results(lost=(7,))), 5_000)
    assert note.endswith("combinations without a done cell are taken to be sums of pairs of levels")
    note = effects_note(effects_of(results(lost=(5, 6, 7))), 5_000)
    assert note.endswith("differences are as if there were none, and have no interval")
    assert "without an interval" in effects_note(effects_of(results(seeds=1)), 5_000)
