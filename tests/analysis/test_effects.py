from itertools import product
from math import isnan
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from ablate.analysis import Results, effects_data, has_effects
from ablate.errors import HolesError, UsageError
from tests.made_results import made
from tests.made_up_search import search


def factorial(rows, holes: tuple[int, ...] = (), **head: Any) -> Results:
    """Width 12 or 24, bottleneck or none, two seeds; the bottleneck is worth 1 or 2 points."""
    cells = []
    for i, (width, narrow, seed) in enumerate(product((24, 12), (None, 4), (0, 1))):
        error = 10 - (width == 24) * 3 + seed / 4 - (narrow == 4) * (1 + (width == 24))
        settings = {"width": width, "bottleneck_width": narrow, "key": str(i)}
        cells.append(("s", seed, None if i in holes else error, settings))
    return made(rows(*cells, sweep=("width", "bottleneck_width")), **head)


def by_level(data: pd.DataFrame) -> dict[tuple[str, str], Any]:
    return {(row.factor, row.level): row for row in data.itertuples()}


def test_paired_differences_by_hand(rows) -> None:
    found = effects_data(factorial(rows))
    assert found.is_difference
    at = by_level(found.rows)
    assert list(at) == [
        ("width", "12"),
        ("width", "24"),
        ("bottleneck_width", "none"),
        ("bottleneck_width", "4"),
    ]
    # The first level of the plan is the reference: width 24, no bottleneck.
    assert at["width", "24"].is_reference and at["width", "24"].mean == 0
    assert pd.isna(at["width", "24"].low)
    # 3 without the bottleneck, 4 with it, for both seeds.
    assert (at["width", "12"].mean, at["width", "12"].n) == (3.5, 4)
    half = stats.t.ppf(0.975, 3) * (1 / 3) ** 0.5 / 2
    assert at["width", "12"].low == pytest.approx(3.5 - half)
    assert at["width", "12"].high == pytest.approx(3.5 + half)
    assert at["bottleneck_width", "4"].mean == -1.5


@pytest.mark.parametrize("reference", [12, 24])
def test_the_reference_is_what_the_design_says(rows, reference: int) -> None:
    design = {"kind": "factorial", "reference": {"width": reference, "bottleneck_width": 4}}
    at = by_level(effects_data(factorial(rows, design=design)).rows)
    assert at["width", str(reference)].is_reference
    assert at["bottleneck_width", "none"].mean == 1.5


def test_holes_cost_pairs_not_the_figure(rows) -> None:
    results = factorial(rows, holes=(0,))  # width 24 without bottleneck, seed 0
    found = effects_data(results)
    assert found.is_difference and has_effects(results.cells)
    at = by_level(found.rows)
    assert (at["width", "12"].n, at["bottleneck_width", "4"].n) == (3, 3)
    assert at["width", "12"].mean == pytest.approx((3 + 4 + 4) / 3)


def test_variants_are_a_factor_with_the_baseline_as_reference(rows) -> None:
    table = rows(
        *[(name, seed, error) for name, error in (("A", 6.0), ("B", 5.0)) for seed in (0, 1)]
    )
    at = by_level(effects_data(made(table, baseline="B")).rows)
    assert at["variant", "B"].is_reference and at["variant", "A"].mean == 1
    assert isnan(at["variant", "A"].low) and isnan(at["variant", "A"].high)


def test_other_designs_have_means_over_the_cells_of_a_level(rows) -> None:
    table = rows(
        ("A", 0, 9.0, {"depth": 22}),
        ("A", 0, 7.0, {"depth": 40}),
        ("B", 0, 5.0, {"depth": 40}),
        ("C", 0, None, {"depth": 40}),
        ("D", 0, 1.0),
        sweep=("depth",),
    )
    found = effects_data(made(table))
    assert not found.is_difference and not has_effects(table)
    at = by_level(found.rows)
    assert (at["depth", "22"].mean, at["depth", "40"].mean) == (9, 6)
    assert (at["depth", "40"].n, at["variant", "C"].n) == (2, 0)
    assert pd.isna(at["variant", "C"].mean) and pd.isna(at["depth", "22"].low)
    assert at["depth", "40"].low == pytest.approx(6 - stats.t.ppf(0.975, 1))


def test_maps_and_names_are_levels_in_the_order_planned(rows) -> None:
    values = ["log", {"fraction": 0.5}, "dense"]
    cells = [("s", 0, 5.0, {"connectivity": value, "key": str(value)}) for value in values]
    found = effects_data(made(rows(*cells, sweep=("connectivity",))))
    assert found.rows["level"].tolist() == ["log", "fraction 0.5", "dense"]


def test_which_designs_have_effects(rows) -> None:
    assert has_effects(factorial(rows).cells)
    assert not has_effects(factorial(rows, holes=tuple(range(1, 8))).cells)
    assert not has_effects(rows(("A", 0, 1.0), ("A", 1, 1.0)))


def test_messages(rows) -> None:
    with pytest.raises(UsageError, match="varies nothing but the seed"):
        effects_data(made(rows(("A", 0, 1.0), ("A", 1, 1.0))))
    with pytest.raises(UsageError, match="of a search there are importances instead"):
        effects_data(search(5))
    with pytest.raises(HolesError, match="none of the study's 8 cells is done"):
        effects_data(factorial(rows, holes=tuple(range(8))))
