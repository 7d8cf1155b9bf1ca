"""What each level of a factor does to the error on average over the others, and what depends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from math import inf, prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis import Head, Results, require_done, tabled
from ablate.contrasts.factors import Factor, factors_of, places_of
from ablate.contrasts.judging import Basis, ends
from ablate.contrasts.measured import Measured
from ablate.errors import HolesError, UsageError
from ablate.statistics import (
    Family,
    Grid,
    GridFit,
    bonferroni,
    effect_seeds,
    effects_family,
    fit_grid,
    verdict,
)

_PAIR = {"factor": "string", "level": "string", "other": "string", "other_level": "string"}
_JUDGED = {
    **dict.fromkeys(("difference", "difference_low", "difference_high", "p"), "Float64"),
    "verdict": "string",
}
_OF_LEVELS = {
    "factor": "string",
    "level": "string",
    "is_reference": "boolean",
    "n": "Int64",
    "error": "Float64",
    **_JUDGED,
    "seeds_needed": "Int64",
    "depends_on": "string",
    "may_depend_on": "string",
}
_OF_INTERACTIONS = {**_PAIR, "effect": "Float64", "effect_there": "Float64", **_JUDGED}
_OF_PAIRS = {**_PAIR, "error": "Float64", "low": "Float64", "high": "Float64"}
_MOST_COMBINATIONS = 20_000
# What the verdict of a difference says of an interaction, whose sign is neither good nor bad.
_OF_CROSSED = {
    **dict.fromkeys(("better", "worse"), "clear"),
    **dict.fromkeys(("equal", "differs by less than the margin"), "within the margin"),
    "undecided": "undecided",
}

Numbers = NDArray[np.float64]
Place = tuple[int, int]  # the number of a factor, and of its level


@dataclass(frozen=True)
class Effects:
    """Main effects, interactions and two-way means of a design; see `effects_of`."""

    levels: pd.DataFrame  # per factor and level
    interactions: pd.DataFrame  # per pair of levels of two factors, but for their references
    pairs: pd.DataFrame  # per pair of levels of two factors
    basis: Basis  # of main effects and interactions, one family
    freedom: float = 0.0  # degrees of freedom of main effects: of what seeds do to levels
    order: int = 0  # of the model, see `statistics.GridFit`
    against: str = ""  # the reference levels: `bottleneck width none, growth rate 12`

    @property
    def is_difference(self) -> bool:
        """Whether levels are set against their reference."""
        return bool(self.basis.comparisons)


def effects_of(results: Results) -> Effects:
    """Cells of a fixed design -> what the levels of its factors do.

    Factors are the swept settings, and `variant` where there are several. A level's error is the
    plain mean over all combinations with the other factors' levels, a main effect the difference to
    that of the factor's reference, an interaction by how much an effect is another at another
    factor's level than at that factor's reference. All of them are one family; see
    `statistics.effects_family`, and `fit_grid` for combinations without a done cell. A main effect
    `depends_on` the factors with which an interval of its interactions excludes 0, and may on those
    with which it would if it were the only one. Two-way means have intervals one by one, without
    what a seed adds to all.

    Where levels cannot be told apart, as each variant has values of its own, `error` is the mean
    over the done cells of a level, whatever else they differ in, and there is nothing more. Raises
    UsageError for a search and where nothing is swept, HolesError where nothing is done.
    """
    if results.is_search:
        raise UsageError("effects: of a search there are importances instead")
    require_done(results.cells)
    measured = Measured.of(results.cells)
    if len(measured.names) == 1:
        raise UsageError("effects: this design varies nothing but the seed")
    factors = factors_of(measured, results.head)
    if not factors:
        raise HolesError("effects: no setting has two levels with a done cell")
    places = places_of(measured, factors)
    own = places[measured.points]  # of each done cell
    counts = [
        np.bincount(own[own[:, number] >= 0, number], minlength=len(factor.levels))
        for number, factor in enumerate(factors)
    ]
    if (fit := _fitted(measured, factors, places)) is None:
        return _means_alone(measured, factors, places)
    return _Judged(fit, factors, results.head, counts, measured.seeds_each).effects()


def _fitted(
    measured: Measured, factors: Sequence[Factor], places: NDArray[np.intp]
) -> GridFit | None:
    """The model that the done cells can tell; None where there is none."""
    grid = Grid(tuple(len(factor.levels) for factor in factors))
    if prod(grid.sizes) > _MOST_COMBINATIONS or (places[list(measured.same)] < 0).any():
        return None
    place = {i: int(np.ravel_multi_index(places[i], grid.sizes)) for i in measured.same}
    owners = list(range(prod(grid.sizes)))
    for point, first in measured.same.items():
        owners[place[point]] = place[first]
    of_values = [place[point] for point in measured.points.tolist()]
    return fit_grid(grid, of_values, measured.seeds.tolist(), measured.errors.tolist(), owners)


def _means_alone(
    measured: Measured, factors: Sequence[Factor], places: NDArray[np.intp]
) -> Effects:
    rows = []
    for number, factor in enumerate(factors):
        for level, text in enumerate(factor.texts):
            values = measured.errors[places[measured.points, number] == level]
            row = {"factor": factor.name, "level": text, "is_reference": level == factor.reference}
            rows.append({**row, "n": len(values), "error": float(values.mean())})
    nothing = (tabled([], _OF_INTERACTIONS), tabled([], _OF_PAIRS))
    return Effects(tabled(rows, _OF_LEVELS), *nothing, Basis())


@dataclass(frozen=True)
class _Judged:
    """The effects of a fitted design."""

    fit: GridFit
    factors: Sequence[Factor]
    head: Head
    counts: Sequence[NDArray[np.intp]]  # of each factor: the done cells of each level
    seeds_each: float

    @cached_property
    def mains(self) -> list[Place]:
        """What has a main effect: every level but the references."""
        return [
            (number, level)
            for number, factor in enumerate(self.factors)
            for level in range(len(factor.levels))
            if level != factor.reference
        ]

    @cached_property
    def crossed(self) -> list[tuple[Place, Place]]:
        """What has an interaction; a model of levels alone knows of none."""
        if self.fit.order == 1:
            return []
        return [(one, other) for one, other in combinations(self.mains, 2) if one[0] != other[0]]

    @cached_property
    def of_mains(self) -> Numbers:
        """(main effects, combinations): the contrasts."""
        return np.array([self.fit.grid.effect(at, self._reference(at)) for at in self.mains])

    @cached_property
    def of_crossed(self) -> Numbers:
        """(interactions, combinations): the contrasts."""
        rows = [
            self.fit.grid.interaction(one, other, (self._reference(one), self._reference(other)))
            for one, other in self.crossed
        ]
        return np.array(rows).reshape(len(rows), self.of_mains.shape[1])

    @cached_property
    def family(self) -> Family:
        return effects_family(self.fit, self.of_mains, self.of_crossed)

    @cached_property
    def ends(self) -> tuple[Numbers, Numbers, str]:
        """Of all intervals, main effects first, and what they are over.

        None where levels alone are told: interactions that nobody saw would be in them.
        """
        if self.fit.order == 1:
            nothing = np.full(len(self.mains), np.nan)
            return nothing, nothing, ""
        matrix = np.vstack([self.of_mains, self.of_crossed])
        return ends(self.fit.blocks, matrix, self.family, self.head.images)

    @cached_property
    def judged(self) -> list[dict[str, Any]]:
        """The columns of each difference, main effects first."""
        low, high, over = self.ends
        p = self.family.p if over == "seeds" else np.full(len(low), np.nan)
        numbers = zip(self.family.estimates, low, high, p, strict=True)
        rows = [dict(zip(tuple(_JUDGED)[:4], map(float, four), strict=True)) for four in numbers]
        return [
            row | {"verdict": verdict(low[i], high[i], self.head.margin)}
            for i, row in enumerate(rows)
        ]

    def effects(self) -> Effects:
        """All of it as tables."""
        over, pooled = self.ends[2], float(np.sqrt(self.fit.pooled))
        numbers = (self.fit.measured, self.fit.whole, pooled, None, self.family.critical)
        basis = Basis(len(self.judged), over, *numbers)
        references = [factor.level(factor.reference) for factor in self.factors]
        return Effects(
            levels=tabled(list(self._levels()), _OF_LEVELS),
            interactions=tabled(list(self._interactions()), _OF_INTERACTIONS),
            pairs=tabled(list(self._pairs()), _OF_PAIRS),
            basis=basis,
            freedom=self.fit.freedom,
            order=self.fit.order,
            against=", ".join(references),
        )

    def _reference(self, at: Place) -> int:
        return self.factors[at[0]].reference

    def _named(self, *places: Place) -> dict[str, str]:
        """The columns that say which levels a row is of."""
        texts = [
            text
            for number, level in places
            for text in (self.factors[number].name, self.factors[number].texts[level])
        ]
        return dict(zip(_PAIR, texts, strict=False))

    def _levels(self) -> Iterator[dict[str, Any]]:
        needed = self._seeds_needed()
        for number, factor in enumerate(self.factors):
            for level in range(len(factor.levels)):
                at = (number, level)
                row: dict[str, Any] = self._named(at) | {
                    "is_reference": level == factor.reference,
                    "n": int(self.counts[number][level]),
                    "error": float(self.fit.grid.mean(at) @ self.fit.blocks.means),
                }
                if level != factor.reference:
                    row |= self.judged[self.mains.index(at)]
                    row |= {"seeds_needed": needed.get(at), **self._dependence(at)}
                yield row

    def _seeds_needed(self) -> dict[Place, int | None]:
        """Of main effects that are undecided."""
        if not self.head.margin or self.ends[2] != "seeds":
            return {}
        needed = effect_seeds(
            self.fit, self.of_mains, self.of_crossed, self.seeds_each, self.head.margin
        )
        return {
            at: number
            for at, number, row in zip(self.mains, needed, self.judged, strict=False)
            if row["verdict"] == "undecided"
        }

    def _dependence(self, at: Place) -> dict[str, str]:
        """The factors that an effect depends on, and those that it may depend on."""
        depends, may = dict[str, None](), dict[str, None]()
        alone = bonferroni(self.fit.whole, 1) if self.fit.whole else inf
        for i, pair in enumerate(self.crossed, len(self.mains)):
            if at in pair:
                (other,) = (self.factors[each[0]].label for each in pair if each != at)
                row = self.judged[i]
                if row["verdict"] in ("better", "worse"):
                    depends[other] = None
                elif abs(row["difference"]) > alone * self.family.errors[i]:
                    may[other] = None
        return {
            "depends_on": ", ".join(depends),
            "may_depend_on": ", ".join(name for name in may if name not in depends),
        }

    def _interactions(self) -> Iterator[dict[str, Any]]:
        means = self.fit.blocks.means
        for i, (one, other) in enumerate(self.crossed, len(self.mains)):
            base, beside = (one[0], self._reference(one)), (other[0], self._reference(other))
            effect, there = (
                float((self.fit.grid.mean(one, at) - self.fit.grid.mean(base, at)) @ means)
                for at in (beside, other)
            )
            row = self.judged[i] | {"effect": effect, "effect_there": there}
            yield self._named(one, other) | row | {"verdict": _OF_CROSSED[row["verdict"]]}

    def _pairs(self) -> Iterator[dict[str, Any]]:
        """Two-way means; none in a model of levels alone, which would only repeat its sums."""
        numbers = combinations(range(len(self.factors)), 2) if self.fit.order != 1 else []
        for one, other in numbers:
            sizes = self.fit.grid.sizes[one], self.fit.grid.sizes[other]
            for levels in product(*map(range, sizes)):
                at = (one, levels[0]), (other, levels[1])
                weights = self.fit.grid.mean(*at)
                error, half = float(weights @ self.fit.blocks.means), self.fit.half_width(weights)
                yield self._named(*at) | {"error": error, "low": error - half, "high": error + half}
