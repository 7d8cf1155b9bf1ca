"""Which differences a fixed design asks for, and which of them decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ablate.analysis import Outcomes, Results
from ablate.contrasts.designs import Laid, laid
from ablate.contrasts.equal_cost import Line, lines_at_equal_cost
from ablate.contrasts.judging import Contrast, weights_of
from ablate.contrasts.measured import Fit, Measured


@dataclass(frozen=True)
class Differences:
    """Points of a fixed design, and the two families of differences between them."""

    measured: Measured
    plan: Laid
    fit: Fit
    lines: Sequence[Line]  # of variants at equal cost
    pairs: Sequence[Contrast | None]  # of each point to its partner; None where one has no error

    @classmethod
    def of(cls, results: Results, cost: str, outcomes: Outcomes | None = None) -> Differences:
        """Results of a fixed design -> what it compares, variants at equal `cost`.

        With `outcomes`, of images that are drawn at random.
        """
        head, measured = results.head, Measured.of(results.cells, outcomes)
        plan = laid(measured, results.cells, head.design, head.baseline)
        have = set(measured.same)
        fit = measured.fit(next((i for i in (*plan.base, *have) if i in have), 0))
        lines: list[Line] = []
        if plan.curves:
            lines = lines_at_equal_cost(measured, head.baseline, plan.partners, cost)
        pairs: list[Contrast | None] = [
            None if partner is None or not {i, partner} <= have else {i: 1.0, partner: -1.0}
            for i, partner in enumerate(plan.partners)
        ]
        return cls(measured, plan, fit, lines, pairs)

    @property
    def decide(self) -> tuple[NDArray[np.float64], bool]:
        """The family that decides, as weights of the fit's points: lines, if there is any.

        Whether it is of lines stands beside it.
        """
        of_lines = weights_of(self.measured, self.fit, [line.contrast for line in self.lines])
        if len(of_lines):
            return of_lines, True
        return weights_of(self.measured, self.fit, self.pairs), False

    @property
    def deciding(self) -> Sequence[Contrast | None]:
        """The contrasts of that family, those among them that cannot be judged."""
        return [line.contrast for line in self.lines] if self.decide[1] else self.pairs
