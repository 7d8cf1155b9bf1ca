"""What is known of a run's choices at the time when they are made, to be set beside a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ablate.analysis import Results, choose
from ablate.cells import error_of_chance
from ablate.claims.losses import Losses
from ablate.contrasts import Basis, Measured, judge

Point = tuple[str, Mapping[str, Any]]  # its variant, and its sweep


@dataclass(frozen=True)
class Chosen:
    """A point of a run that was chosen, and what was known of it then."""

    variant: str  # what it is called among the confirmed
    chosen_as: tuple[str, ...]  # best, knee, baseline, or the name or key that was asked for
    how: str  # in a sentence
    source: str  # the variant that it is of in its run
    sweep: Mapping[str, Any]
    keys: tuple[str, ...]  # its done cells in that run
    error: float  # their mean, percent, of the held-out images
    low: float | None  # 95% t interval of that mean
    high: float | None
    of: int = 0  # points that it was chosen from, for their errors; 0: not known
    lost: str = ""  # cells of it that count against it: `diverged 2 of 5`
    # What was to be expected of new seeds, without the luck of the choice; None: not known.
    expected: float | None = None
    expected_low: float | None = None
    expected_high: float | None = None
    # The difference of that mean to a baseline's, another of the chosen, and without such luck.
    difference_to: str = ""
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    expected_difference: float | None = None

    @property
    def luck(self) -> float | None:
        """By how much its mean error is too good on average; None where that is not known."""
        if self.expected is not None:
            return self.expected - self.error
        return 0.0 if self.of == 1 else None


def chosen_now(results: Results, which: Sequence[str], where: Sequence[str]) -> list[Chosen]:
    """A run's choices as they stand, without differences. Raises as `choose` does."""
    return [_chosen(results, name, where) for name in which]


def with_earlier(
    results: Results, before: Sequence[Chosen], now: Sequence[Chosen]
) -> tuple[Chosen, ...]:
    """Choices of a run that stand now, with their differences, behind those made before.

    Of these all stays. A point that was chosen in several ways has them all; one of which more
    cells are done than when it was chosen before is there again.
    """
    baseline = baseline_of(results.head.baseline, [*before, *now])
    points = [(each.source, each.sweep) for each in now]
    told, _ = point_differences(results, points, (baseline.source, baseline.sweep))
    return merged(
        before, [_against(each, baseline, row) for each, row in zip(now, told, strict=True)]
    )


def baseline_of(name: str, chosen: Sequence[Chosen]) -> Chosen:
    """The run's where it is among the chosen, else the first of them."""
    return next((each for each in chosen if each.source == name), chosen[0])


def merged(before: Sequence[Chosen], now: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Both without repeats, by their cells; what was known of one before stays."""
    by_cells: dict[tuple[str, ...], Chosen] = {}
    for chosen in [*before, *now]:
        cells = (chosen.variant, *chosen.keys)
        first = by_cells.get(cells, chosen)
        ways = tuple(dict.fromkeys([*first.chosen_as, *chosen.chosen_as]))
        by_cells[cells] = replace(first, chosen_as=ways)
    return tuple(by_cells.values())


def point_differences(
    results: Results, points: Sequence[Point], against: Point
) -> tuple[list[dict[str, Any]], Basis]:
    """Points of a run -> the difference of each to one of them, as a family: see `judge`.

    A map is empty for that one itself and where one of both has no error; of lost cells it has what
    these leave, see `Losses`. Deviations are pooled over all points of the run.
    """
    measured, head = Measured.of(results.cells), results.head
    place = {_name(point): i for i, point in enumerate(measured.names)}
    base = place.get(_name(against), -1)
    rows = [place.get(_name(point), -1) for point in points]
    partners: list[int | None] = [None] * len(place)
    for row in rows:
        if row != base and min(row, base) >= 0:
            partners[row] = base
    known = measured.same.keys()
    contrasts = [
        {row: 1.0, base: -1.0} if row in known and base in known and row != base else None
        for row in rows
    ]
    fit = measured.fit(base)
    judged, basis = judge(measured, fit, contrasts, images=head.images, margin=head.margin)
    chance = error_of_chance(head.classes)
    losses = Losses(results.cells, measured, partners, against[0], results.cost(), chance)
    left = [
        each if row < 0 else losses.of_point(each, row)
        for each, row in zip(judged, rows, strict=True)
    ]
    return left, basis


def _chosen(results: Results, which: str, where: Sequence[str]) -> Chosen:
    choice, how = choose(results, which, where)
    key = choice.keys[0]
    trial = results.cells[results.cells["key"] == key]["trial"].iloc[0]
    # A name that stays the same whatever else is chosen later.
    name = f"trial-{trial}" if results.is_search else choice.name
    way = "baseline" if which == results.head.baseline else which
    # The key says what the name does not.
    if key.startswith(which) or (results.is_search and which == name):
        way = key[:8]
    expected = choice.expected
    return Chosen(
        variant=name,
        chosen_as=(way,),
        how=how,
        source=choice.variant,
        sweep=choice.sweep,
        keys=choice.keys,
        error=choice.error,
        low=choice.low,
        high=choice.high,
        of=choice.of,
        lost=choice.lost,
        expected=expected.value if expected else None,
        expected_low=expected.low if expected else None,
        expected_high=expected.high if expected else None,
    )


def _against(chosen: Chosen, baseline: Chosen, judged: Mapping[str, Any]) -> Chosen:
    """A choice with what the run says of its difference to the baseline."""
    difference, lucks = judged.get("difference"), (chosen.luck, baseline.luck)
    expected = None
    if difference is not None and lucks[0] is not None and lucks[1] is not None:
        expected = difference + lucks[0] - lucks[1]
    return replace(
        chosen,
        difference_to=baseline.variant,
        difference=difference,
        difference_low=judged.get("difference_low"),
        difference_high=judged.get("difference_high"),
        expected_difference=expected,
    )


def _name(point: Point) -> str:
    """A point as a text: a swept value may be a list or a map."""
    variant, sweep = point
    return repr((variant, sorted(sweep.items(), key=lambda item: item[0])))
