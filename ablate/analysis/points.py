"""The cells of one variant at one point of its sweep: what is averaged over seeds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis.frame import plain_rows, sweep_keys_of
from ablate.analysis.results import Results
from ablate.cells import added_seeds_note, data_notes, lost_text
from ablate.errors import HolesError, UsageError
from ablate.text import is_missing, nearest


class Columns:
    """A table of cells by columns, each made an array once for all points."""

    def __init__(self, table: pd.DataFrame) -> None:
        """Takes rows of frame()."""
        self.table = table
        self.numbers = cache(self._numbers)

    def _numbers(self, column: str) -> NDArray[np.float64]:
        """(cells,): NaN where there is none."""
        return self.table[column].to_numpy(np.float64, na_value=np.nan)

    @cached_property
    def keys(self) -> NDArray[np.object_]:
        return self.table["key"].to_numpy(object)

    @cached_property
    def states(self) -> NDArray[np.object_]:
        return self.table["state"].to_numpy(object)

    @cached_property
    def done(self) -> NDArray[np.bool_]:
        return is_done(self.table).to_numpy()


@dataclass(frozen=True, eq=False)
class PointCells:
    """A variant at one point of its sweep, and its cells.

    A search has thousands of points, of whose rows few are looked at whole.
    """

    variant: str
    sweep: Mapping[str, Any]  # only the settings that this variant sweeps
    columns: Columns
    rows: NDArray[np.intp]  # which are its own, one per seed

    @property
    def cells(self) -> pd.DataFrame:
        return self.columns.table.iloc[self.rows]

    @property
    def done(self) -> pd.DataFrame:
        return self.columns.table.iloc[self.done_rows]

    @cached_property
    def done_rows(self) -> NDArray[np.intp]:
        return self.rows[self.columns.done[self.rows]]

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Of its done cells, in the order of the plan's seeds."""
        return tuple(self.columns.keys[self.done_rows])

    @property
    def holes(self) -> int:
        """Cells that are not done."""
        return len(self.rows) - len(self.done_rows)

    @property
    def lost(self) -> str:
        """Its cells that count against it, `diverged 2 of 5`; empty without any."""
        return lost_text(self.columns.states[self.rows])

    def of_done(self, column: str) -> NDArray[np.float64]:
        """A column of numbers of its done cells; NaN where there is none."""
        return self.columns.numbers(column)[self.done_rows]

    def mean(self, column: str) -> float:
        """Over those of its done cells that have a number; NaN without any."""
        values = self.of_done(column)
        known = values[~np.isnan(values)]
        return float(known.mean()) if len(known) else np.nan


def points(table: pd.DataFrame) -> list[PointCells]:
    """The table of cells -> its points, in plan order."""
    columns = Columns(table)
    return [PointCells(variant, sweep, columns, rows) for variant, sweep, rows in point_rows(table)]


def point_rows(table: pd.DataFrame) -> list[tuple[str, dict[str, Any], NDArray[np.intp]]]:
    """The table of cells -> each point's variant, sweep and rows, in plan order."""
    keys = sweep_keys_of(table)
    values = {
        key: [None if is_missing(value) else value for value in table[key].tolist()] for key in keys
    }
    variants = table["variant"].tolist()
    swept: dict[str, list[str]] = {variant: [] for variant in variants}
    for key in keys:
        for variant in dict.fromkeys(
            name for name, value in zip(variants, values[key], strict=True) if value is not None
        ):
            swept[variant].append(key)
    # A swept value may be a list or a map, which pandas cannot group by.
    names = [
        json.dumps([variant, *(values[key][row] for key in keys)], default=str)
        for row, variant in enumerate(variants)
    ]
    codes, _ = pd.factorize(np.array(names, dtype=object))
    found = []
    for code in range(codes.max(initial=-1) + 1):
        rows = np.flatnonzero(codes == code)
        variant = variants[rows[0]]
        found.append((variant, {key: values[key][rows[0]] for key in swept[variant]}, rows))
    return found


def check_variant(table: pd.DataFrame, variant: str) -> None:
    """Raise UsageError for a name that no variant has; empty is no name."""
    names = list(dict.fromkeys(table["variant"]))
    if variant and variant not in names:
        raise UsageError(f"variant: unknown variant `{variant}`{nearest(variant, names)}")


def compares_points(table: pd.DataFrame) -> bool:
    """Whether points stand against each other, not variants: of a factorial there is only one."""
    return table["variant"].nunique() == 1 and len(point_rows(table)) > 1


def largest_first(found: Sequence[PointCells]) -> list[PointCells]:
    """Points by the parameters of their done cells, the most first; of equals the last in front."""
    return sorted(reversed(found), key=_size, reverse=True)


def one_to_show(found: Sequence[PointCells], results: Results) -> PointCells:
    """Of points that a figure could show: a search's best, else the baseline's largest.

    Where the baseline has none it is that of the first variant.
    """
    if results.is_search:
        return min(found, key=lambda point: point.mean("error"))
    preferred = [point for point in found if point.variant == results.head.baseline]
    first = (preferred or found)[0].variant
    return next(point for point in largest_first(found) if point.variant == first)


def _size(point: PointCells) -> float:
    return float(np.nan_to_num(point.of_done("params")).mean()) if point.keys else 0


def is_done(table: pd.DataFrame) -> pd.Series[bool]:
    """Which rows are of cells that are done."""
    return table["state"].eq("done").fillna(False).astype(bool)


def holes_text(states: Iterable[Any]) -> str:
    """Of cells the states that are not done: `2 waiting, 1 oom`; empty where all are done."""
    counts = Counter("unknown" if is_missing(state) else str(state) for state in states)
    del counts["done"]
    return ", ".join(f"{count} {state}" for state, count in counts.most_common())


def require_done(table: pd.DataFrame) -> None:
    """Raise HolesError where no cell is done."""
    if is_done(table).any():
        return
    if table.empty:
        raise HolesError("the study has no cells, so there is nothing to show")
    raise HolesError(
        f"none of the study's {len(table)} cells is done ({holes_text(table['state'])}); "
        "`ablate run` trains them, `ablate status` says why cells failed"
    )


def conditions(results: Results) -> str:
    """How the done cells came about: `40 epochs, NVIDIA H100, torch 2.11.0`, and what to know."""
    table = results.cells
    done = table[is_done(table)]
    parts: list[str] = []
    for column, form in (("epochs", "{} epochs"), ("device", "{}"), ("torch", "torch {}")):
        if values := distinct(done[column]):
            parts.append(form.format(values))
            if parts[-1] == "1 epochs":
                parts[-1] = "1 epoch"
    if results.head.picks:
        parts.append("at the epoch of lowest validation error")
    notes = [*data_notes(plain_rows(table)), added_seeds_note(results.head.extensions)]
    return ", ".join(filter(None, [*parts, *notes]))


def split_of(table: pd.DataFrame) -> str:
    """Which images the done cells' errors are of: `validation`, `test`, or both with a slash."""
    return distinct(table.loc[is_done(table), "split"])


def distinct(values: Iterable[Any]) -> str:
    """The values of a column, with slashes between."""
    texts = (str(value) for value in dict.fromkeys(values) if not is_missing(value))
    return " / ".join(filter(None, texts))
