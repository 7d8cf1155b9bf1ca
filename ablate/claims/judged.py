"""A fixed design judged: what each of its differences comes to, and which family decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ablate.analysis import Outcomes, Results
from ablate.cells import error_of_chance
from ablate.claims.losses import Losses
from ablate.claims.racing import Raced, raced
from ablate.contrasts import Basis, Contrast, Differences, judge

Judgements = tuple[Sequence[dict[str, Any]], Basis]  # of each contrast, and how they came about


@dataclass(frozen=True)
class Judged:
    """Results of a fixed design, its two families of differences judged when they are asked for."""

    results: Results
    cost: str  # at which variants are compared
    outcomes: Outcomes | None = None  # None: of these images

    @cached_property
    def asked(self) -> Differences:
        """The differences."""
        return Differences.of(self.results, self.cost, self.outcomes)

    @cached_property
    def chance(self) -> float:
        """Percent of error: of a lost cell, had it failed outright."""
        return error_of_chance(self.results.head.classes)

    @cached_property
    def lines(self) -> Judgements:
        """Of variants at equal cost, with what lost cells leave of it."""
        judged, basis = self.lines_of_fixed_seeds
        if self._race and basis.comparisons:
            judged, basis = [dict(row) for row in self._race.judged], self._race.basis
        pairs = zip(judged, self.asked.lines, strict=True)
        return [self._losses.of_line(row, line) for row, line in pairs], basis

    @cached_property
    def lines_of_fixed_seeds(self) -> Judgements:
        """The same as if nothing were lost, and no seed had been added for what was seen."""
        return self._judge([line.contrast for line in self.asked.lines])

    @cached_property
    def points(self) -> Judgements:
        """Of points and their partners, with what lost cells leave of it."""
        judged, basis = self._judge(self.asked.pairs)
        if self._race and not self.lines_of_fixed_seeds[1].comparisons:
            judged, basis = [dict(row) for row in self._race.judged], self._race.basis
        return [self._losses.of_point(row, point) for point, row in enumerate(judged)], basis

    def _judge(self, contrasts: Sequence[Contrast | None]) -> Judgements:
        head, asked = self.results.head, self.asked
        return judge(asked.measured, asked.fit, contrasts, images=head.images, margin=head.margin)

    @cached_property
    def _race(self) -> Raced | None:
        """What was decided while seeds raced, if they did."""
        if not self.results.head.race:
            return None
        race = raced(self.results, self.cost)
        return race if race.judged else None

    @cached_property
    def _losses(self) -> Losses:
        partners, baseline = self.asked.plan.partners, self.results.head.baseline
        cells, measured = self.results.cells, self.asked.measured
        return Losses(cells, measured, partners, baseline, self.cost, self.chance)
