"""What a study is said to find before it is run: the very comparisons that it makes then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ablate.analysis import Results
from ablate.claims import Detectable, comparison, detectable
from tests.claims.test_comparison import ByLeastSquares, sweeps
from tests.made_results import made
from tests.made_up_search import search

PATH = {"kind": "path", "changes": ["a", "b"], "margin": 0.0}


def of_sweeps(rows: Any, cells: list[tuple[Any, ...]], **head: Any) -> Results:
    table = rows(*cells, sweep=("depth",))
    return made(table, **{"baseline": "A", "sweep_keys": ("depth",), **head})


def waiting(cells: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The same cells before any has begun; what they cost is known."""
    return [(name, seed, None, more) for name, seed, _, more in cells]


def found(results: Results, *alike: tuple[Path, Results]) -> Detectable:
    told = detectable(results, alike)
    assert told
    return told


def test_the_comparisons_are_those_that_compare_makes_of_sweeps(rows) -> None:
    cells = sweeps(seeds=4)
    told, model = found(of_sweeps(rows, waiting(cells))), ByLeastSquares(cells)
    compared = comparison(of_sweeps(rows, cells))
    assert (told.comparisons, told.seeds) == (compared.of_lines.comparisons, 4)
    lines = compared.lines[~compared.lines["is_baseline"]]
    halves = (lines["difference_high"] - lines["difference"]).to_numpy(float)
    # That line's standard error in deviations, from dummies for points and seeds.
    contrasts = np.array([model.at_equal_cost("B"), model.at_equal_cost("C")])
    inverse = np.linalg.inv(model.design.T @ model.design)
    errors = np.sqrt(np.einsum("ij,jk,ik->i", contrasts, inverse, contrasts))
    critical = halves / errors / np.sqrt(model.variance)
    shift = told.difference / errors.max()
    power = stats.nct.sf(critical[errors.argmax()], model.freedom, shift)
    assert power == pytest.approx(0.8, abs=0.005)


def test_points_without_a_sweep(rows) -> None:
    cells = [(name, seed, None) for name in "ABC" for seed in range(3)]
    told = found(made(rows(*cells), baseline="A"))
    assert (told.comparisons, told.between) == (2, "a variant and A")
    assert 3 < told.difference < 4 < told.tie < 5


def test_two_names_of_the_same_cells_are_one_point(rows) -> None:
    cells = [(name, seed, None) for name in "ABC" for seed in range(3)]
    twice = [*cells, *(("D", seed, None, {"key": f"B-{seed}"}) for seed in range(3))]
    once, same = (found(made(rows(*each), baseline="A")) for each in (cells, twice))
    assert same.comparisons == 3
    assert same.difference == pytest.approx(once.difference, rel=0.005)  # of other draws


def test_the_sentences_of_three_seeds_with_a_run_beside(rows) -> None:
    cells = sweeps()
    beside = of_sweeps(rows, cells)
    few = of_sweeps(rows, cells[:6])
    told = found(of_sweeps(rows, waiting(cells)), (Path("few"), few), (Path("runs/x"), beside))
    model = ByLeastSquares(cells)
    deviation = np.sqrt(model.variance)
    low, high = deviation * np.sqrt(model.freedom / stats.chi2.ppf([0.975, 0.025], model.freedom))
    assert told.spread and told.spread.run == "runs/x"
    assert (told.spread.deviation, told.spread.low, told.spread.high) == pytest.approx(
        (deviation, low, high)
    )
    difference = told.difference
    assert told.sentences == [
        f"With 3 seeds a difference of {difference:.2g} standard deviations of a cell's error "
        "between a variant and A at equal parameters would be found with 80% power (2 "
        "comparisons).",
        f"In runs/x that deviation was {deviation:.2f} [{low:.2f}, {high:.2f}] points over seeds "
        f"(16 degrees of freedom), so the difference is {difference * deviation:.2f} "
        f"[{difference * low:.2f}, {difference * high:.2f}] points.",
    ]
    document = told.document()
    assert document["difference_points"] == pytest.approx(difference * deviation)
    assert document["power"] == 0.8 and document["spread"]["run"] == "runs/x"
    assert document["text"] == " ".join(told.sentences)


def test_whether_a_tie_would_be_told(rows) -> None:
    cells = sweeps()
    beside = (Path("x"), of_sweeps(rows, cells))

    def last(margin: float, *alike: tuple[Path, Results]) -> str:
        return found(of_sweeps(rows, waiting(cells), margin=margin), *alike).sentences[-1]

    assert last(9, beside) == "A tie would be told to be equal within 9 points."
    told = found(of_sweeps(rows, waiting(cells), margin=0.3), beside)
    assert told.spread and told.seeds_for_ties and told.seeds_for_ties > 3
    assert last(0.3, beside) == (
        f"A tie would be told to be equal within {told.spread.times(told.tie)} points, not within "
        f"the margin of 0.3: that takes {told.seeds_for_ties} seeds."
    )
    assert last(0.001, beside).endswith("that takes more than 1,000 seeds.")
    assert last(0.3) == (
        "A tie would be told to be equal within 0.3 points where that deviation is "
        f"{0.3 / told.tie:.2g} points or less."
    )
    # With so many seeds it is said to be told.
    enough = sweeps(seeds=told.seeds_for_ties)
    of_enough = of_sweeps(rows, waiting(enough), margin=0.3)
    assert found(of_enough, beside).sentences[-1].endswith("equal within 0.3 points.")


def test_one_seed_decides_nothing_and_three_would(rows) -> None:
    one, three = (found(of_sweeps(rows, waiting(sweeps(seeds=seeds)))) for seeds in (1, 3))
    assert one.sentences[0].startswith(
        "With 1 seed nothing can be decided, as it has no interval; with 3 a difference of"
    )
    assert (one.difference, one.planned) == (three.difference, 1)


def test_a_path_s_comparisons_are_those_of_its_first_round(rows) -> None:
    cells = [(name, seed, None) for name in ("baseline", "a", "b") for seed in range(3)]
    told = found(made(rows(*cells), baseline="baseline", design=PATH))
    assert told.comparisons == 2
    assert (
        "between a change and what it was tried on, in the first round, would"
        in (told.sentences[0])
    )


def test_of_a_factorial_the_points_are_set_against_the_reference(rows) -> None:
    cells = [("s", seed, None, {"width": w}) for w in (1, 2, 3) for seed in range(3)]
    design = {"kind": "factorial", "reference": {"width": 1}}
    told = found(made(rows(*cells, sweep=("width",)), sweep_keys=("width",), design=design))
    assert (told.comparisons, told.between) == (2, "a point and s, width 1")


def test_what_cannot_be_compared_is_named(rows) -> None:
    far = [("D", seed, None, {"depth": 10, "params": 10}) for seed in range(3)]
    told = found(of_sweeps(rows, [*waiting(sweeps()), *far]))
    assert told.comparisons == 2
    assert told.sentences[-1] == (
        "Not compared: D (no parameters in common: 10 against 10k to 48.4k)."
    )


def test_nothing_is_said_of_a_search_nor_where_nothing_is_compared(rows) -> None:
    assert detectable(search(3)) is None
    assert detectable(made(rows(("A", 0, None), ("A", 1, None)), baseline="A")) is None
    assert detectable(made(rows())) is None
    cells = [(name, 0, None, {"depth": depth}) for name, depth in (("A", 7), ("B", 10))]
    nothing = found(of_sweeps(rows, cells))
    assert nothing.sentences == [
        "Nothing can be compared: no parameters or settings are those of A."
    ]
    assert nothing.document()["comparisons"] == 0


def test_runs_whose_errors_do_not_vary_tell_nothing(rows) -> None:
    alone = of_sweeps(rows, sweeps(seeds=1))
    equal = made(rows(*((name, seed, 5.0) for name in "AB" for seed in range(3))))
    runs = [(Path("alone"), alone), (Path("equal"), equal), (Path("none"), made(rows()))]
    assert found(of_sweeps(rows, waiting(sweeps())), *runs).spread is None
