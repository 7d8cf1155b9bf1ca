"""The greedy path, decided from errors alone."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from ablate.space import (
    Changes,
    Steps,
    Tried,
    Walk,
    chance_note,
    changes_of,
    tried_by,
    variant_of,
    walk,
)
from ablate.text import points_text

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


def error_of(errors: dict[str, float | None]) -> Callable[[Changes], Tried]:
    """Of a single seed: None waits, infinite gave no result."""

    def tried(point: Changes) -> Tried:
        error = errors.get("".join(point))
        known = error is not None and math.isfinite(error)
        return Tried((error if known and error else math.nan,), not known, error is None)

    return tried


def names(points: tuple[Changes, ...]) -> list[str]:
    return ["".join(point) for point in points]


def test_the_first_round_needs_no_error() -> None:
    found = walk(ABC, 0.0, error_of({}))
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
    ending = f"no change lowers the error by more than {points_text(margin)}"
    assert found.ending == ending


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
    assert walk(("a",), 0.0, error_of({"": math.inf, "a": math.inf})).accepted == ()


def test_what_cannot_be_built_is_not_tried() -> None:
    found = walk(ABC, 0.0, error_of(ERRORS), fits=lambda point: {*point} != {"a", "b"})
    assert names(found.points) == ["", "a", "b", "c", "bc"]
    assert found.ending == "no change lowers the error"


@pytest.mark.parametrize("point", [(), ("a",), ("b", "a")])
def test_names_can_be_read_back(point: Changes) -> None:
    assert changes_of(variant_of(point), ABC) == point


@pytest.mark.parametrize("variant", ["d", "a + d", "a + a", "full", ""])
def test_other_names_are_no_points(variant: str) -> None:
    assert changes_of(variant, ABC) is None


def test_what_came_of_a_point_is_of_the_seeds_that_are_asked_for() -> None:
    cells = [
        ("baseline", 0, "done", 10.0),
        ("baseline", 1, "done", 12.0),
        ("a", 0, "done", 9.0),
        ("a", 1, "diverged", None),
        ("b", 0, "done", 9.0),
        ("b", 1, "failed", None),
        ("c", 0, "oom", None),
    ]
    both, first = tried_by(cells, [0, 1]), tried_by(cells, [0])
    assert both(()) == Tried((10.0, 12.0)) and both(()).mean == 11.0
    assert both(("a",)).errors[0] == 9.0 and both(("a",)).mean == math.inf
    flags = [(both(p).lost, both(p).is_open) for p in [("a",), ("b",), ("c",)]]
    assert flags == [(True, False), (True, True), (False, True)]
    assert [first(p).mean for p in [(), ("a",), ("c",)]] == [10.0, 9.0, math.inf]
    assert not first(("c",)).is_open and not first(("c",)).has_error
    assert first(("d",)).is_open and tried_by(cells, [])(()).is_open


NOISE = np.array([0.1, -0.1, 0.0])


def seeds_of(means: dict[str, float], **more: Tried) -> Callable[[Changes], Tried]:
    """Points of three seeds: a mean, and noise of 0.1 that no two points share."""
    names = list(means)

    def tried(point: Changes) -> Tried:
        name = "".join(point)
        if name in more:
            return more[name]
        noise = np.roll(NOISE, names.index(name)) * (1 + names.index(name) // 3)
        return Tried(tuple((means[name] + noise).tolist()))

    return tried


BY_SEEDS = {"": 10.0, "a": 9.9, "b": 8.0, "c": 10.1, "ba": 7.9, "bc": 8.2}


def test_a_step_must_beat_the_noise() -> None:
    found = walk(ABC, 0.0, seeds_of(BY_SEEDS))
    assert (found.accepted, found.ending, found.rounds) == (("b",), "no change beats the noise", 2)
    assert names(found.points) == ["", "a", "b", "c", "ba", "bc"]
    observed = walk(ABC, 0.0, seeds_of({**BY_SEEDS, "bac": 9.0}), steps_are="observed")
    assert names(observed.steps) == ["", "b", "ba"]


def test_a_margin_is_asked_for_beside_that() -> None:
    assert walk(ABC, 1.9, seeds_of(BY_SEEDS)).accepted == ("b",)
    found = walk(ABC, 2.1, seeds_of(BY_SEEDS))
    assert found.accepted == ()
    assert found.ending.endswith("beats the noise and lowers the error by more than 2.1 points")


def test_what_lost_cells_is_not_accepted_and_what_lacks_one_by_accident_is() -> None:
    part = (8.1, 7.9, math.nan)
    accident = walk(ABC, 0.0, seeds_of(BY_SEEDS, b=Tried(part)))
    diverged = walk(ABC, 0.0, seeds_of(BY_SEEDS, b=Tried(part, lost=True)))
    assert (accident.accepted, diverged.accepted) == (("b",), ())


def test_whatever_has_a_result_beats_a_baseline_that_has_none() -> None:
    nothing = Tried((math.nan,) * 3, lost=True)

    def tried(point: Changes) -> Tried:
        errors = {("a",): (9.0, 9.1, 9.2), ("b",): (9.0, 9.0, 9.0)}.get(point)
        return Tried(errors) if errors else nothing

    found = walk(("a", "b"), 0.0, tried)
    assert found.accepted == ("b",)


def test_without_spread_no_step_is_told_from_noise() -> None:
    found = walk(("a",), 0.0, lambda point: Tried((9.0 - len(point), 8.0 - len(point))))
    assert found.accepted == () and "no spread" in found.ending


def test_a_round_is_decided_by_what_was_known_then() -> None:
    """Points of later rounds are noisy: the first step stands nevertheless."""

    def tried(point: Changes) -> Tried:
        if len(point) > 1:
            return Tried((1.0, 90.0, 40.0))
        return seeds_of(BY_SEEDS)(point)

    found = walk(ABC, 0.0, tried)
    assert found.accepted == ("b",)


def accepted_any(errors: np.ndarray, steps_are: Steps = "tested") -> bool:
    changes = [f"c{i}" for i in range(len(errors) - 1)]

    def tried(point: Changes) -> Tried:
        row = changes.index(point[0]) + 1 if point else 0
        return Tried(tuple(errors[row].tolist()), is_open=len(point) > 1)

    found: Walk = walk(changes, 0.0, tried, steps_are=steps_are)
    return bool(found.accepted)


def test_useless_changes_are_accepted_as_seldom_as_is_said() -> None:
    draw = np.random.default_rng(0)
    errors = draw.normal(0, 1, (250, 6, 3)) + draw.normal(0, 0.4, (250, 1, 3))
    tested = np.mean([accepted_any(study) for study in errors])
    observed = np.mean([accepted_any(study, "observed") for study in errors])
    assert 0.01 < tested < 0.09  # 5%, within three standard errors of 250 rounds
    assert 0.77 < observed < 0.9  # 5 of 6
    assert np.mean([accepted_any(study[:, :1]) for study in errors]) > 0.77  # one seed


def test_the_chance_of_a_useless_step_is_told() -> None:
    assert chance_note(1, "tested", 5).endswith("with a chance of 5%")
    assert chance_note(5, "tested", 5).endswith("5%, over 5 rounds at most 23%")
    assert chance_note(2, "observed", 5).endswith("in 83% of first rounds")
    assert chance_note(2, "observed", 5, 0.1).endswith("which noise makes, too")
