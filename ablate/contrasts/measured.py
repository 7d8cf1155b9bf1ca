"""The errors of a table's done cells, by point and seed, and which of them can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis import Outcomes, is_done, means, point_rows
from ablate.cells import OF_MEANS
from ablate.statistics import Blocks, fit_blocks, hang_together


@dataclass(frozen=True)
class Measured:
    """The points of a table of cells: what they are, their means, and N errors of done cells."""

    names: Sequence[tuple[str, Mapping[str, Any]]]  # of each point: its variant, and its sweep
    table: pd.DataFrame  # of cells
    rows: Sequence[NDArray[np.intp]]  # of each point, in the table
    points: NDArray[np.intp]  # (N,)
    seeds: NDArray[np.intp]  # (N,)
    errors: NDArray[np.float64]  # (N,): in percent
    same: Mapping[int, int]  # point -> the first of the very same cells, which are counted once
    # (N, images): 100 where a cell gets one wrong, else 0; None: what is said is of these images.
    outcomes: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, table: pd.DataFrame, outcomes: Outcomes | None = None) -> Measured:
        """A table of cells -> its points; with outcomes, of images that are drawn at random."""
        errors = table["error"].to_numpy(np.float64, na_value=np.nan)
        counts = is_done(table).to_numpy() & ~np.isnan(errors)
        seeds = table["seed"].to_numpy(np.intp, na_value=0)
        found, keys = point_rows(table), table["key"].tolist()
        rows = [cells[counts[cells]] for _, _, cells in found]  # that have an error
        first: dict[tuple[str, ...], int] = {}
        same = {
            i: first.setdefault(tuple(keys[row] for row in each), i)
            for i, each in enumerate(rows)
            if len(each)
        }
        rows = [each if same.get(i) == i else each[:0] for i, each in enumerate(rows)]
        every = np.concatenate([*rows, np.empty(0, np.intp)]).astype(np.intp)
        return cls(
            names=[(variant, sweep) for variant, sweep, _ in found],
            table=table,
            rows=[cells for _, _, cells in found],
            points=np.repeat(np.arange(len(rows)), [len(each) for each in rows]),
            seeds=seeds[every],
            errors=errors[every],
            same=same,
            outcomes=None if outcomes is None else outcomes.of([keys[row] for row in every]),
        )

    def among(self, images: NDArray[np.bool_], *, are_drawn: bool) -> Measured:
        """The same of some of the images, which are given or drawn at random."""
        if self.outcomes is None:
            raise ValueError("among() is of cells whose outcomes are known")
        own = self.outcomes[:, images]
        drawn = own if are_drawn and own.shape[1] > 1 else None
        return replace(self, errors=own.mean(axis=1), outcomes=drawn)

    def of_variant(self, variant: str) -> list[int]:
        """The points of a variant that have an error."""
        return [i for i in self.same if self.names[i][0] == variant]

    @cached_property
    def means(self) -> pd.DataFrame:
        """A row per point: `means()`."""
        return means(self.table)

    def costs(self, name: str) -> NDArray[np.float64]:
        """(points,): the mean cost of each, as `means` has it; NaN where it is not known."""
        costs = self.table[name].to_numpy(np.float64, na_value=np.nan)
        known = is_done(self.table).to_numpy() & ~np.isnan(costs)
        own = (costs[rows[known[rows]]] for rows in self.rows)
        found = np.array([each.mean() if len(each) else np.nan for each in own])
        return np.round(found) if OF_MEANS[name] == "Int64" else found

    @cached_property
    def seeds_each(self) -> float:
        """How many done seeds a point has on average."""
        return len(self.points) / max(1, len(np.unique(self.points)))

    def fit(self, first: int) -> Fit:
        """The points that have seeds in common with `first`, or with such a one, fitted."""
        first = self.same.get(first, first)
        together = sorted(hang_together(self.points.tolist(), self.seeds.tolist(), first))
        if not together:
            return Fit(None, {})
        place = {point: number for number, point in enumerate(together)}
        rows = np.isin(self.points, together)
        variants = list(dict.fromkeys(self.names[point][0] for point in together))
        blocks = fit_blocks(
            [place[point] for point in self.points[rows]],
            self.seeds[rows].tolist(),
            self.errors[rows].tolist(),
            [variants.index(self.names[point][0]) for point in self.points[rows]],
            None if self.outcomes is None else self.outcomes[rows],
        )
        differ = blocks.clearly_differ()
        return Fit(blocks if differ else blocks.pooled(), place, differ)


@dataclass(frozen=True)
class Fit:
    """Points that can be compared, as rows and seeds explain their errors."""

    blocks: Blocks | None  # None: there is no such point
    place: Mapping[int, int]  # point -> its number in the fit
    differ: bool | None = None  # whether variants have deviations of their own; None: untold
