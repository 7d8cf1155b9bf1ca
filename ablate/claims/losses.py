"""What may still be claimed of a comparison whose cells were lost through what was compared.

The rule of what is lost, and to whom it counts, is that of `cells.losses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.cells import is_lost, lost_text
from ablate.contrasts import Line, Measured, lines_at_equal_cost
from ablate.text import point_text

LOST = "lost cells"  # the verdict where they forbid every other


@dataclass(frozen=True)
class Losses:
    """The cells of a fixed design that count against their variants, and what they may cost."""

    table: pd.DataFrame
    measured: Measured  # of that table
    partners: Sequence[int | None]  # of each point, what it is set against
    baseline: str
    cost: str  # that lines are at
    chance: float  # percent of error: of a cell that failed outright

    @cached_property
    def states(self) -> list[list[str]]:
        """Of each point its cells' states."""
        every = self.table["state"].tolist()
        return [[every[row] for row in rows] for rows in self.measured.rows]

    @cached_property
    def is_any(self) -> bool:
        """Whether any cell is lost at all."""
        return any(is_lost(state) for states in self.states for state in states)

    def of_point(self, judged: dict[str, Any], point: int) -> dict[str, Any]:
        """A point's difference to its partner -> what is left of it."""
        partner = self.partners[point]
        if partner is None or not self.is_any:
            return judged
        added = [_errors(outright) - _errors(self.measured) for outright in self._outright]
        shifts = [added[self.measured.names[i][0] != self.baseline][i] for i in (partner, point)]
        against = point_text(*self.measured.names[partner])
        return self._left(judged, ([point], [partner]), (-shifts[0], shifts[1]), against)

    def of_line(self, judged: dict[str, Any], line: Line) -> dict[str, Any]:
        """A variant's difference at equal cost -> what is left of it.

        Points that no cell gave an error of are lost to the curve; outright, they are back in it.
        """
        if not self.is_any or (line.own and not line.contrast):
            return judged
        weights, with_error = line.contrast or {}, self.measured.same
        own, base = (
            [
                point
                for point, (name, _) in enumerate(self.measured.names)
                if name == variant and (point in weights or point not in with_error)
            ]
            for variant in (line.variant, self.baseline)
        )
        estimate, shifts = _difference(self.measured, line), []
        for outright in self._outright:
            again = lines_at_equal_cost(outright, self.baseline, self.partners, self.cost)
            of_variant = next(each for each in again if each.variant == line.variant)
            shifts.append(_difference(outright, of_variant) - estimate)
        return self._left(judged, (own, base), (shifts[0], shifts[1]), self.baseline)

    @cached_property
    def _outright(self) -> tuple[Measured, Measured]:
        """The study with the error of chance for lost cells: the baseline's, and all others'."""
        lost = self.table["state"].map(is_lost)
        is_base = self.table["variant"].eq(self.baseline)
        return self._filled(lost & is_base), self._filled(lost & ~is_base)

    def _filled(self, cells: pd.Series[bool]) -> Measured:
        mask = cells.to_numpy(bool)
        states, errors = self.table["state"], self.table["error"]
        return Measured.of(
            self.table.assign(state=states.mask(mask, "done"), error=errors.mask(mask, self.chance))
        )

    def _left(
        self,
        judged: dict[str, Any],
        sides: tuple[Sequence[int], Sequence[int]],
        shifts: tuple[float, float],
        against: str,
    ) -> dict[str, Any]:
        """What was judged of two sides' points -> what their lost cells leave of it.

        A claim in favour of a side that lost cells is none; one against it stands, as it was made
        as if these had been like the others. Where nothing stands the difference is given by its
        bounds alone: it and what it would `shift` by, had each lost cell failed outright.
        """
        ours, theirs = (
            lost_text(state for point in side for state in self.states[point]) for side in sides
        )
        if not ours and not theirs:
            return judged
        told = [ours, f"{against} {theirs}"] if theirs else [ours]
        left: dict[str, Any] = {"lost": ", ".join(filter(None, told))}
        if (estimate := judged.get("difference")) is not None:
            low, high = sorted(estimate + np.nan_to_num(shifts))
            left |= {"bound_low": float(low), "bound_high": float(high)}
        stands = {"worse": not theirs, "better": not ours}
        if stands.get(judged.get("verdict", "")):
            return {**judged, **left}
        return {"verdict": LOST, **left}


def _errors(measured: Measured) -> NDArray[np.float64]:
    """(points,): mean errors; NaN where there is none."""
    return measured.means["error"].to_numpy(np.float64, na_value=np.nan)


def _difference(measured: Measured, line: Line) -> float:
    """A line's difference, of its points' plain means; NaN for none."""
    errors = _errors(measured)
    weights = line.contrast or {}
    return sum(w * float(errors[point]) for point, w in weights.items()) if weights else np.nan
