"""What more seeds would settle: by the study's own deviation, and priced by its own cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ablate.analysis import Results, frame
from ablate.claims import comparison, detectable, more_seeds
from ablate.errors import HolesError, UsageError
from ablate.tables import more_seeds_sentence, more_seeds_sheet
from tests.claims.test_comparison import ByLeastSquares, sweeps
from tests.made_results import made
from tests.made_up_search import search


def of_sweeps(rows: Any, cells: list[tuple[Any, ...]], **head: Any) -> Results:
    priced = [(*cell[:3], {**cell[3], "train_seconds": 100.0}) for cell in cells]
    table = rows(*priced, sweep=("depth",))
    return made(table, **{"baseline": "A", "sweep_keys": ("depth",), **head})


def test_what_so_many_seeds_find_is_what_a_plan_of_them_says(rows) -> None:
    cells = sweeps()
    found = more_seeds(of_sweeps(rows, cells, margin=0.3))
    compared = comparison(of_sweeps(rows, cells, margin=0.3))
    lines = compared.lines[compared.lines["verdict"].eq("undecided").fillna(False)]
    assert found.undecided == tuple(lines["variant"]) == ("C",)
    assert found.wanted == lines["seeds_needed"].max()
    assert found.against == "A at equal parameters"
    assert found.deviation == pytest.approx(np.sqrt(ByLeastSquares(cells).variance))
    assert found.table["seeds"].tolist() == sorted({5, 10, 20, found.wanted})
    for row in found.table[:2].itertuples():
        planned = detectable(of_sweeps(rows, sweeps(seeds=row.seeds)))
        assert planned
        assert row.difference == pytest.approx(planned.difference * found.deviation)
        assert row.tie == pytest.approx(planned.tie * found.deviation)


def test_what_the_study_would_train_is_priced(rows) -> None:
    cells = sweeps()
    found = more_seeds(of_sweeps(rows, cells))
    points = {(name, more["depth"]) for name, _, _, more in cells}
    last = found.table.iloc[-1]
    assert (last["seeds"], last["cells"]) == (20, len(points) * (20 - 3))
    assert last["seconds"] == 100 * last["cells"] and found.wanted is None
    # Cells that wait already are none that are added, and have no seconds of their own.
    more = [*cells, *((name, 3, None, {**cell}) for name, seed, _, cell in cells if seed == 0)]
    found = more_seeds(of_sweeps(rows, more))
    assert found.table["cells"].iloc[-1] == len(points) * (20 - 4)


def test_one_seed_tells_no_deviation(rows) -> None:
    found = more_seeds(of_sweeps(rows, sweeps(seeds=1)))
    assert found.undecided == ("B", "C") and found.deviation is None
    assert found.table["seeds"].tolist() == [3, 5, 10, 20]
    assert found.table["difference"].isna().all() and found.table["cells"].notna().all()
    heads, _ = more_seeds_sheet(found).lines
    assert heads == ["seeds", "cells to train", "training"]


def test_of_main_effects_every_combination_is_priced(rows) -> None:
    noise = np.random.default_rng(0)
    cells = [
        ("s", seed, 5 + noise.normal(0, 0.4), {"depth": depth, "width": width, "params": 10})
        for depth in (10, 22)
        for width in (1, 2)
        for seed in range(2)
    ]
    head = {"design": {"kind": "factorial", "reference": {"depth": 10, "width": 1}}, "margin": 0.5}
    table = rows(*cells, sweep=("depth", "width"))
    results = made(table, baseline="s", sweep_keys=("depth", "width"), **head)
    found, effects = more_seeds(results), comparison(results).effects
    assert effects and set(found.undecided) <= {"depth 22", "width 2"} and found.undecided
    rows_of = effects.levels[effects.levels["verdict"].eq("undecided").fillna(False)]
    assert found.wanted == rows_of["seeds_needed"].max()
    assert found.table["cells"].tolist() == [4 * (n - 2) for n in found.table["seeds"]]
    assert found.table["difference"].isna().all()


@pytest.mark.parametrize(
    ("margin", "ending"),
    [
        (None, "parameters: C."),
        (0.3, " seeds each decide it to within 0.3 points."),
        (0.001, "Not even 1,000 seeds each decide it to within 0.001 points."),
    ],
)
def test_the_sentence(rows, margin: float | None, ending: str) -> None:
    sentence = more_seeds_sentence(more_seeds(of_sweeps(rows, sweeps(), margin=margin)))
    assert sentence.startswith("Undecided against A at equal parameters: C.")
    assert sentence.endswith(ending)


def test_nothing_is_offered_where_all_is_decided(rows) -> None:
    found = more_seeds(of_sweeps(rows, sweeps(), margin=20.0))
    assert (found.comparisons, found.undecided) == (2, ()) and found.table.empty
    assert more_seeds_sentence(found).startswith("No comparison is undecided")


def test_where_seeds_are_not_added_by_hand(rows) -> None:
    with pytest.raises(UsageError, match="`ablate confirm` trains more"):
        more_seeds(search(20))
    with pytest.raises(UsageError, match="they race here"):
        more_seeds(of_sweeps(rows, sweeps(), race={"least": 3, "most": 5}))
    with pytest.raises(HolesError, match="no cells"):
        more_seeds(made(frame([], []), baseline="A"))
