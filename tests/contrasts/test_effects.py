"""What the levels of a design do: every number from raw cells, by hand."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.analysis import Results
from ablate.claims import comparison
from ablate.contrasts import Effects, effects_of, has_effects
from ablate.errors import HolesError, UsageError
from tests.made_results import made
from tests.made_up_search import search

KEYS = ("width", "bottleneck_width")
DESIGN = {"kind": "factorial", "reference": {"width": 24, "bottleneck_width": None}}


def factorial(rows, holes: tuple[int, ...] = (), seeds: int = 2, **head: Any) -> Results:
    """Width 12 or 24, bottleneck or none; the bottleneck is worth 1 or 2 points."""
    cells = []
    for i, (width, narrow, seed) in enumerate(product((24, 12), (None, 4), range(seeds))):
        error = 10 - (width == 24) * 3 + seed / 4 - (narrow == 4) * (1 + (width == 24))
        error += 0.1 * ((7 * i) % 5)
        settings = {"width": width, "bottleneck_width": narrow, "key": str(i)}
        cells.append(("s", seed, None if i in holes else error, settings))
    return made(rows(*cells, sweep=KEYS), **{"baseline": "s", "sweep_keys": KEYS, **head})


def cube(results: Results, seeds: int) -> np.ndarray:
    """(widths 24 and 12, no bottleneck and one, seeds): the errors."""
    return results.cells["error"].to_numpy(float, na_value=np.nan).reshape(2, 2, seeds)


def by_level(effects: Effects) -> dict[tuple[str, str], Any]:
    return {(row.factor, row.level): row for row in effects.levels.itertuples()}


def test_levels_and_interactions_by_hand(rows) -> None:
    results = factorial(rows, seeds=3)
    effects, errors = effects_of(results), cube(results, 3)
    at = by_level(effects)
    assert list(at) == [
        ("width", "12"),
        ("width", "24"),
        ("bottleneck_width", "none"),
        ("bottleneck_width", "4"),
    ]
    # The first level of the plan is the reference: width 24, no bottleneck.
    assert effects.against == "width 24, bottleneck width none"
    assert at["width", "24"].is_reference and pd.isna(at["width", "24"].difference)
    assert at["width", "12"].error == pytest.approx(errors[1].mean())
    difference = errors[1].mean() - errors[0].mean()
    assert (at["width", "12"].difference, at["width", "12"].n) == (pytest.approx(difference), 6)
    (row,) = effects.interactions.to_dict("records")
    assert [row[name] for name in ("factor", "level", "other", "other_level")] == [
        *("width", "12", "bottleneck_width", "4")
    ]
    means = errors.mean(-1)
    assert row["effect"] == pytest.approx(means[1, 0] - means[0, 0])
    assert row["effect_there"] == pytest.approx(means[1, 1] - means[0, 1])
    assert row["difference"] == pytest.approx(row["effect_there"] - row["effect"])
    # What seeds do to levels: 2 differences with 2 degrees of freedom each.
    of_seeds = [errors[1] - errors[0], errors[:, 1] - errors[:, 0]]
    variance = np.mean([each.mean(0).var(ddof=1) for each in of_seeds])
    half = effects.basis.critical.seeds * (variance / 3) ** 0.5
    assert at["width", "12"].difference_low == pytest.approx(difference - half)
    assert at["width", "12"].difference_high == pytest.approx(difference + half)
    assert stats.t.ppf(0.975, 4) < effects.basis.critical.seeds < stats.t.ppf(1 - 0.025 / 3, 4)
    assert (effects.basis.comparisons, effects.freedom, effects.basis.freedom) == (3, 4, 6)


def test_two_way_means_by_hand(rows) -> None:
    results = factorial(rows, seeds=3)
    effects, errors = effects_of(results), cube(results, 3)
    pairs = {(row.level, row.other_level): row for row in effects.pairs.itertuples()}
    assert pairs["12", "none"].error == pytest.approx(errors[1, 0].mean())
    left = errors - errors.mean(-1, keepdims=True) - errors.mean((0, 1)) + errors.mean()
    squares = 2 * (left.mean(0) ** 2).sum() + 2 * (left.mean(1) ** 2).sum()
    variance = max(squares / 4, (left**2).sum() / 6)
    # A combination's mean at all seeds alike: with none lost it is that of its own cells.
    half = stats.t.ppf(0.975, 4) * (variance / 3) ** 0.5
    assert pairs["12", "none"].high == pytest.approx(errors[1, 0].mean() + half)


@pytest.mark.parametrize("reference", [12, 24])
def test_the_reference_is_what_the_design_says(rows, reference: int) -> None:
    design = {"kind": "factorial", "reference": {"width": reference, "bottleneck_width": 4}}
    effects = effects_of(factorial(rows, design=design))
    at = by_level(effects)
    assert at["width", str(reference)].is_reference and at["bottleneck_width", "4"].is_reference
    assert at["bottleneck_width", "none"].difference > 0
    assert effects.against == f"width {reference}, bottleneck width 4"


def test_lost_cells_cost_no_context_its_weight(rows) -> None:
    """Two of three seeds of a corner: the mean over cells would lean to the other corners."""
    results = factorial(rows, holes=(0, 1), seeds=3)
    effects, errors = effects_of(results), cube(results, 3)
    assert has_effects(results.cells) and effects.order == 0
    seeds = np.nanmean(errors[[0, 1, 1], [1, 0, 1]], axis=0)  # of the points that have all
    of_seeds = seeds - seeds.mean()
    corner = errors[0, 0, 2] - of_seeds[2]
    at = by_level(effects)
    expected = (errors[1].mean() - np.mean([corner, errors[0, 1].mean()])).item()
    assert at["width", "12"].difference == pytest.approx(expected, abs=0.05)
    assert (at["width", "24"].n, at["width", "12"].n) == (4, 6)


def test_a_clear_interaction_says_what_depends(rows) -> None:
    draw, cells = np.random.default_rng(0), []
    for width, narrow, seed in product((24, 12), (None, 4), range(3)):
        crossed = 3 if (width == 24) == (narrow == 4) else -3
        settings = {"width": width, "bottleneck_width": narrow}
        cells.append(("s", seed, 50 + crossed + draw.normal(0, 0.3), settings))
    results = made(rows(*cells, sweep=KEYS), baseline="s", sweep_keys=KEYS, design=DESIGN)
    compared = comparison(results)
    assert compared.effects is not None
    assert compared.effects.interactions["verdict"].tolist() == ["clear"]
    at = by_level(compared.effects)
    assert at["width", "12"].depends_on == "bottleneck width"
    assert at["bottleneck_width", "4"].depends_on == "width"
    assert "But effects depend on each other: width 12 comes to " in compared.answer
    assert compared.rows["verdict"].isna().all() and compared.is_second


@pytest.mark.parametrize("draw", [0, 1])
def test_what_only_one_interval_would_show_is_perhaps(rows, draw: int) -> None:
    """Of three interactions some have a single interval without 0, but no simultaneous one."""
    made_up = np.random.default_rng(draw)
    errors = 50 + made_up.normal(0, 1, (2, 2, 2, 3))
    cells = [
        ("s", seed, error, dict(zip("abc", at, strict=True)))
        for (*at, seed), error in np.ndenumerate(errors)
    ]
    effects = effects_of(made(rows(*cells, sweep=("a", "b", "c")), baseline="s"))
    points = errors.reshape(8, 3)
    left = points - points.mean(1, keepdims=True) - points.mean(0) + points.mean()
    half = stats.t.ppf(0.975, 14) * ((left**2).sum() / 14 * 2 / 3) ** 0.5
    crossed = effects.interactions
    perhaps = crossed[crossed["difference"].abs().gt(half) & crossed["verdict"].eq("undecided")]
    assert len(perhaps)
    told = effects.levels.set_index("factor")["may_depend_on"].dropna()
    assert {name: text.split(", ") for name, text in told.items() if text} == {
        name: [
            other
            for pair in perhaps[["factor", "other"]].values.tolist()
            if name in pair
            for other in pair
            if other != name
        ]
        for name in {*perhaps["factor"], *perhaps["other"]}
    }


def test_variants_are_a_factor_with_the_baseline_as_reference(rows) -> None:
    table = rows(
        *[(name, seed, error) for name, error in (("A", 6.0), ("B", 5.0)) for seed in (0, 1)]
    )
    at = by_level(effects_of(made(table, baseline="B")))
    assert at["variant", "B"].is_reference and at["variant", "A"].difference == 1
    assert pd.isna(at["variant", "A"].difference_low)  # both seeds say the same


def test_seeds_without_spread_leave_the_interval_of_the_images(rows) -> None:
    table = rows(
        *[(name, seed, error) for name, error in (("A", 6.0), ("B", 5.0)) for seed in (0, 1)]
    )
    effects = effects_of(made(table, baseline="B", images=1000))
    assert effects.basis.over == "images"
    row = by_level(effects)["variant", "A"]
    assert row.difference_low < 0 < row.difference_high and pd.isna(row.p)


def test_designs_with_untold_levels_have_means_over_the_cells_of_a_level(rows) -> None:
    table = rows(
        ("A", 0, 9.0, {"depth": 22}),
        ("A", 0, 7.0, {"depth": 40}),
        ("B", 0, 5.0, {"depth": 40}),
        ("C", 0, None, {"depth": 40}),
        ("D", 0, 1.0),
        sweep=("depth",),
    )
    effects = effects_of(made(table))
    assert not effects.is_difference and not has_effects(table)
    at = by_level(effects)
    assert (at["depth", "22"].error, at["depth", "40"].error) == (9, 6)
    assert at["depth", "40"].n == 2 and ("variant", "C") not in at
    assert effects.levels["difference"].isna().all()


def test_a_lost_corner_leaves_differences_without_an_interval(rows) -> None:
    effects = effects_of(factorial(rows, holes=(9, 10, 11), seeds=3))
    assert effects.order == 1 and effects.interactions.empty and effects.pairs.empty
    told = effects.levels[~effects.levels["is_reference"]]
    assert told["difference"].notna().all() and told["difference_low"].isna().all()
    assert told["verdict"].eq("undecided").all()


def test_maps_and_names_are_levels_in_the_order_planned(rows) -> None:
    values = ["log", {"fraction": 0.5}, "dense"]
    cells = [("s", 0, 5.0, {"connectivity": value, "key": str(value)}) for value in values]
    effects = effects_of(made(rows(*cells, sweep=("connectivity",))))
    assert effects.levels["level"].tolist() == ["log", "fraction 0.5", "dense"]


def test_the_very_same_cells_have_no_effect(rows) -> None:
    cells = [
        (
            name,
            seed,
            error + seed,
            {"depth": depth, "key": f"{name if depth > 9 else ''}{depth}{seed}"},
        )
        for name, depth, error in (("A", 9, 8.0), ("B", 9, 8.0), ("A", 22, 5.0), ("B", 22, 6.0))
        for seed in (0, 1, 2)
    ]
    effects = effects_of(made(rows(*cells, sweep=("depth",)), baseline="A"))
    assert effects.basis.points == 3
    (row,) = effects.interactions.to_dict("records")
    assert row["effect"] == pytest.approx(0) and row["effect_there"] == pytest.approx(1)


def test_which_designs_have_effects(rows) -> None:
    assert has_effects(factorial(rows).cells)
    assert not has_effects(factorial(rows, holes=tuple(range(1, 8))).cells)
    assert not has_effects(rows(("A", 0, 1.0), ("A", 1, 1.0)))


def test_the_sentence_of_a_factorial(rows) -> None:
    answer = comparison(factorial(rows, seeds=3, design=DESIGN, margin=0.5)).answer
    assert answer.startswith(
        "Against width 24, bottleneck width none on average over the other factors, in points of "
        "error: "
    )
    assert "95% intervals that hold for all 3 together, over seeds" in answer
    lost = comparison(factorial(rows, holes=(9, 10, 11), seeds=3, design=DESIGN)).answer
    assert lost.endswith("What depends on what cannot be told: combinations have no done cell.")


def test_messages(rows) -> None:
    with pytest.raises(UsageError, match="varies nothing but the seed"):
        effects_of(made(rows(("A", 0, 1.0), ("A", 1, 1.0))))
    with pytest.raises(UsageError, match="of a search there are importances instead"):
        effects_of(search(5))
    with pytest.raises(HolesError, match="none of the study's 8 cells is done"):
        effects_of(factorial(rows, holes=tuple(range(8))))
    with pytest.raises(HolesError, match="no setting has two levels with a done cell"):
        effects_of(factorial(rows, holes=tuple(range(1, 8))))
