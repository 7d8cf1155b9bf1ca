"""Seeds that race: what each look decides, and which points it leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ablate.analysis import Results, point_rows
from ablate.cells import point_label
from ablate.contrasts import Basis, Differences, judge
from ablate.statistics import LEVEL, nominal_levels, t_limit

_IN_WORK = ("waiting", "running")


@dataclass(frozen=True)
class Raced:
    """The family that decides, after every look that was due."""

    judged: Sequence[Mapping[str, Any]]  # each comparison, as its last look had it
    basis: Basis  # of the last look
    still_open: frozenset[str]  # labels of the points that need another seed


class Race:
    """What is decided while seeds are added, look by look; what is decided stays so."""

    def __init__(self, results: Results, cost: str = "") -> None:
        """Takes the study as it begins: all its points, with `least` seeds each."""
        self.limits = results.head.race
        self.cost = results.cost(cost)
        self.points = frozenset(point_label(*each[:2]) for each in point_rows(results.cells))
        self.judged: dict[int, Mapping[str, Any]] = {}  # each comparison, as its last look had it
        self.basis = Basis()  # of the last look
        self._seeds_of: dict[int, int] = {}  # with how many seeds that look was
        self._number = 0  # of comparisons that can be judged, at the first look

    def look(self, results: Results, seeds: int) -> None:
        """Judges what is still open by the cells of the first so many seeds.

        `points` are then those of what is left open, which need another seed.
        """
        asked = Differences.of(results.of(results.cells[results.cells["seed"] < seeds]), self.cost)
        self._number = self._number or len(asked.decide[0])
        rows, basis = judge(
            asked.measured,
            asked.fit,
            asked.deciding,
            margin=results.head.margin,
            limit=partial(_limit, self.limits, seeds, self._number),
        )
        for i, row in enumerate(rows):
            if i not in self.judged or _is_open(self.judged[i]):
                self.judged[i], self._seeds_of[i] = row, seeds
        self.points = frozenset(
            point_label(*asked.measured.names[point])
            for i, contrast in enumerate(asked.deciding)
            for point in contrast or ()
            if _is_open(self.judged[i])
        )
        looked = tuple(
            self._seeds_of[i] for i, row in sorted(self.judged.items()) if row.get("verdict")
        )
        self.basis = replace(basis, looked=looked, most_seeds=self.limits["most"])


def raced(results: Results, cost: str = "") -> Raced:
    """Results of a study whose seeds race -> what was decided, and with how many seeds.

    At each look, with `least` seeds a point and then with each one more, what is still open is
    judged by the cells of so many seeds alone; what is decided stays so. Each comparison has
    Bonferroni's part of the study's error, which it spends over its looks in the manner of O'Brien
    and Fleming, see `statistics.nominal_levels`; being equal within the margin spends as much of
    its own. An interval so holds whenever one looks; there is no p.
    """
    limits, cells = results.head.race, results.cells
    rows_of = {point_label(name, sweep): rows for name, sweep, rows in point_rows(cells)}
    race, waiting = Race(results, cost), frozenset[str]()
    for seeds in range(limits["least"], limits["most"] + 1):
        due = cells.iloc[[row for point in race.points for row in rows_of[point]]]
        states = due.loc[due["seed"] == seeds - 1, "state"]
        if states.empty or states.isin(_IN_WORK).any():
            waiting = race.points if states.empty else waiting
            break
        race.look(results, seeds)
    return Raced([race.judged[i] for i in sorted(race.judged)], race.basis, waiting)


def _limit(race: Mapping[str, int], seeds: int, number: int, freedom: float) -> float:
    """The critical |t| of each of so many comparisons, at the look with so many seeds."""
    least, most = race["least"], race["most"]
    shares = [each / most for each in range(least, most + 1)]
    levels = nominal_levels(shares, (1 - LEVEL) / max(1, number))
    return t_limit(levels[seeds - least], freedom)


def _is_open(row: Mapping[str, Any]) -> bool:
    return row.get("verdict") == "undecided"
