"""The greedy path, decided from errors alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from ablate.space import Changes, changes_of, errors_of, variant_of, walk
from ablate.space.greedy import mean_error

ABC = ("a", "b", "c")
# Errors by the names of the changes: b helps most, then a; c only where nothing else is.
ERRORS: dict[str, float | None] = {
    "": 10.0,
    "a": 9.0,
    "b": 8.0,
    "c": 9.5,
    "ba": 7.0,
    "bc": 8.5,
    "bac": 7.5,
}


def error_of(errors: dict[str, float | None]) -> Callable[[Changes], float | None]:
    return lambda point: errors.get("".join(point))


def names(points: tuple[Changes, ...]) -> list[str]:
    return ["".join(point) for point in points]


def test_the_first_round_needs_no_error() -> None:
    found = walk(ABC, 0.0, lambda point: None)
    assert names(found.points) == ["", "a", "b", "c"]
    assert (found.accepted, found.ending) == ((), "")


def test_a_round_tries_what_is_left_on_top_of_what_helped_most() -> None:
    known = {key: ERRORS[key] for key in ("", "a", "b", "c")}
    found = walk(ABC, 0.0, error_of(known))
    assert names(found.points) == ["", "a", "b", "c", "ba", "bc"]
    assert (found.accepted, found.ending) == (("b",), "")


def test_it_ends_when_nothing_lowers_the_error() -> None:
    found = walk(ABC, 0.0, error_of(ERRORS))
    assert names(found.points) == ["", "a", "b", "c", "ba", "bc", "bac"]
    assert names(found.steps) == ["", "b", "ba"]
    assert found.ending == "no change lowers the error"


def test_it_ends_when_no_change_is_left() -> None:
    found = walk(ABC, 0.0, error_of(ERRORS | {"bac": 6.5}))
    assert found.accepted == ("b", "a", "c")
    assert found.ending == "no change is left"


@pytest.mark.parametrize("missing", ["", "a", "c"])
def test_a_round_waits_for_every_error_and_the_one_before(missing: str) -> None:
    found = walk(ABC, 0.0, error_of(ERRORS | {missing: None}))
    assert names(found.points) == ["", "a", "b", "c"]
    assert found.ending == ""


@pytest.mark.parametrize(("margin", "steps"), [(0.99, 3), (1.0, 2), (1.99, 2), (2.0, 1)])
def test_a_change_must_win_more_than_the_margin(margin: float, steps: int) -> None:
    found = walk(ABC, margin, error_of(ERRORS))
    assert len(found.steps) == steps
    assert found.ending == f"no change lowers the error by more than {margin:g} points"


def test_rounding_wins_nothing() -> None:
    assert walk(("a",), 0.0, error_of({"": 0.3, "a": 0.1 + 0.2})).accepted == ()
    assert walk(("a",), 0.0, error_of({"": 0.1 + 0.2, "a": 0.3})).accepted == ()


def test_of_equals_the_first_written_is_accepted() -> None:
    errors = {"": 10.0, "a": 9.0, "b": 8.0, "c": 8.0}
    assert walk(ABC, 0.0, error_of(errors)).accepted == ("b",)
    assert walk(("c", "b", "a"), 0.0, error_of(errors)).accepted == ("c",)


def test_a_change_without_a_result_is_never_accepted() -> None:
    found = walk(("a", "b"), 0.0, error_of({"": 10.0, "a": math.inf, "b": 9.0, "ba": math.inf}))
    assert found.accepted == ("b",)
    assert found.ending == "no change lowers the error"
    assert walk(("a",), 0.0, lambda point: math.inf).accepted == ()


def test_what_cannot_be_built_is_not_tried() -> None:
    found = walk(ABC, 0.0, error_of(ERRORS), fits=lambda point: {*point} != {"a", "b"})
    assert names(found.points) == ["", "a", "b", "c", "bc"]
    assert found.ending == "no change lowers the error"


def test_the_mean_needs_every_seed() -> None:
    assert mean_error([1.0, 2.0]) == 1.5
    assert mean_error([1.0, None]) is None
    assert mean_error([]) is None
    assert mean_error([1.0, math.inf]) == math.inf


@pytest.mark.parametrize("point", [(), ("a",), ("b", "a")])
def test_names_can_be_read_back(point: Changes) -> None:
    assert changes_of(variant_of(point), ABC) == point


@pytest.mark.parametrize("variant", ["d", "a + d", "a + a", "full", ""])
def test_other_names_are_no_points(variant: str) -> None:
    assert changes_of(variant, ABC) is None


def test_errors_are_means_over_the_seeds_that_are_asked_for() -> None:
    cells = [
        ("baseline", 0, "done", 10.0),
        ("baseline", 1, "done", 12.0),
        ("a", 0, "done", 9.0),
        ("a", 1, "diverged", None),
        ("b", 0, "done", 9.0),
        ("b", 1, "failed", None),
        ("c", 0, "done", 7.0),
    ]
    both, first = errors_of(cells, [0, 1]), errors_of(cells, [0])
    assert [both(point) for point in [(), ("a",), ("b",), ("c",)]] == [11.0, math.inf, None, None]
    assert [first(point) for point in [(), ("a",), ("c",), ("d",)]] == [10.0, 9.0, 7.0, None]
