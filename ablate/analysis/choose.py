"""Which points may be chosen, and which of them to prefer: the best, the knee, what was named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.means import means
from ablate.analysis.points import PointCells, is_done, points, require_done, split_of
from ablate.analysis.results import Results
from ablate.analysis.selection import Rule, expected_of, luck_of_one_seed
from ablate.cells import COSTS, METRICS, check_cost, point_label
from ablate.errors import HolesError, UsageError
from ablate.space import Condition, parse_where
from ablate.statistics import Expected, knee_of, knees, t_interval, undominated
from ablate.text import error_text, is_number, nearest, percent, point_text, show


@dataclass(frozen=True)
class Choice:
    """A point that was chosen."""

    variant: str
    sweep: Mapping[str, Any]  # the settings that the variant sweeps
    keys: tuple[str, ...]  # of its done cells, in the order of the plan's seeds
    error: float  # mean over these cells, percent
    low: float | None  # 95% t interval of that mean; None for one cell
    high: float | None
    holes: int  # cells of the point that are not done
    lost: str = ""  # those of them that count against it: `diverged 2 of 5`
    of: int = 1  # points that it was chosen from, for their errors
    expected: Expected | None = None  # without the luck of that; None: no choice, or not known

    @property
    def name(self) -> str:
        """`DenseNet-BC depth=40`, as cells are called."""
        return point_label(self.variant, self.sweep)

    @property
    def label(self) -> str:
        """`DenseNet-BC, depth 40`."""
        return point_text(self.variant, self.sweep)

    @property
    def numbers(self) -> str:
        """The mean error and how sure it is, in percent; of one that is too good by luck alone."""
        if self.expected is None:
            return error_text(self.error, self.low, self.high, len(self.keys))
        return f"{percent(self.error)} (n={len(self.keys)})"

    @property
    def luck(self) -> str:
        """How good it is without the luck of the choice, in a sentence; empty where it has none."""
        if self.of < 2:
            return ""
        if len(self.keys) == 1:
            return f"It is of one seed and chosen from {self.of}: {luck_of_one_seed(self.of)}."
        if self.expected is None:
            return "How much of that is the luck of the choice the seeds of this run do not tell."
        return f"Without the luck of the choice {self.expected} % are to be expected of new seeds."


def pareto(table: pd.DataFrame, metrics: Sequence[str]) -> pd.Series[bool]:
    """Rows -> which of them no other row dominates, each metric in its own direction.

    Equal rows are all kept. A row that lacks a metric, or whose `state` is not done, is never on
    the front. Raises UsageError for a metric that is not in METRICS.
    """
    for name in metrics:
        if name not in METRICS:
            raise UsageError(f"metrics: unknown metric `{name}`{nearest(name, METRICS)}")
    signs = [1.0 if METRICS[name].direction == "minimize" else -1.0 for name in metrics]
    values = table[list(metrics)].to_numpy(dtype=np.float64, na_value=np.nan) * signs
    valid = ~np.isnan(values).any(axis=1)
    if "state" in table:
        valid &= is_done(table).to_numpy()
    front = np.zeros(len(table), dtype=bool)
    front[valid] = undominated(values[valid])
    return pd.Series(front, index=table.index, dtype=bool)


def best(table: pd.DataFrame, run: pd.DataFrame | None = None) -> Choice:
    """Cells -> the point with the lowest mean error; of equals the first in the plan.

    Among the points without holes where there are any, as a mean of fewer seeds wins by luck; else
    among those that lost no cell by what they are, see `cells.losses`. `run` has all cells where
    these are some. Raises HolesError where nothing is done, UsageError where errors are of the test
    set.
    """
    found, rows = _candidates(table, "best")
    lowest = int(np.argmin(rows["error"].to_numpy(dtype=np.float64)))
    return _chosen(found, lowest, run, lambda errors: errors.argmin(axis=1))


def knee(table: pd.DataFrame, cost: str = "params", run: pd.DataFrame | None = None) -> Choice:
    """Cells -> the point on the frontier of mean error against mean cost where paying more stops
    paying off.

    The frontier's ends are joined by a straight line over log(cost); the knee is the point farthest
    below it, and the end with the lower error where none is below. Candidates and errors as for
    `best()`; HolesError also where the cost is not known.
    """
    check_cost(cost)
    found, rows = _candidates(table, "knee")
    costs, errors = (
        rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in (cost, "error")
    )
    front = np.flatnonzero(pareto(rows, ("error", cost)).to_numpy())
    if not len(front):
        raise HolesError(f"knee: no done cell has its {METRICS[cost].label} ({cost}) recorded")
    at = int(front[knee_of(costs[front], errors[front])])
    return _chosen(found, at, run, lambda errors: knees(costs, errors))


def choose(results: Results, which: str, conditions: Sequence[str] = ()) -> tuple[Choice, str]:
    """best, knee, a variant's name or a key's beginning -> the point, and how it was chosen.

    Of a variant it is the point of the lowest error. A variant that is itself named best or knee is
    reached by its cell's key, which then is the first of the point's keys. A cell of a search is
    also reached as `trial-7`. Only points that meet the `conditions` (see `where`) are looked at.
    How it was chosen tells of lost cells, too, see `cells.losses`. Raises UsageError, and
    HolesError where nothing is done or the named cell is not.
    """
    choice, how = _named(results, which, conditions)
    passed = _passed_over(where(results.cells, conditions), choice) if which == "best" else []
    told = [f"its cells {choice.lost}"] if choice.lost else []
    if passed:
        told.append(f"passed over for their lost cells: {', '.join(passed)}")
    return choice, "; ".join([how, *told])


def _passed_over(table: pd.DataFrame, choice: Choice) -> list[str]:
    """Points of a lower mean error than the best, which lost cells by what they are."""
    return [
        f"{point_text(point.variant, point.sweep)} ({point.lost})"
        for point in points(table)
        if point.lost and point.keys and point.mean("error") < choice.error
    ]


def _named(results: Results, which: str, conditions: Sequence[str]) -> tuple[Choice, str]:
    """The point, and how it was chosen, whatever became of its cells."""
    if not which:
        raise UsageError(f"an empty name chooses nothing; one of {_names(results)}")
    table = results.cells
    split, variants = split_of(table), list(dict.fromkeys(table["variant"]))
    under = "".join(f" where {text}" for text in [" and ".join(conditions)] if text)
    what = "cells" if results.is_search else "points"
    if which == "best":
        choice = best(where(table, conditions), table)
        among = _among(choice, what)
        return choice, f"Chosen for the lowest mean {split} error{among}{under}"
    if which == "knee":
        cost = results.cost()
        choice = knee(where(table, conditions), cost, table)
        how = f"The knee of {split} error against {METRICS[cost].label}"
        return choice, f"{how}{',' * (choice.of > 1)}{_among(choice, what)}{under}"
    if results.is_search and (number := re.fullmatch(r"trial-(\d+)", which)):
        return _by_trial(table, int(number[1]), conditions)
    if which not in variants:
        return _by_key(results, which, conditions)
    of_variant = where(table[table["variant"] == which], conditions)
    require_done(of_variant)
    if len(candidates := points(of_variant)) == 1:
        return _choice(candidates[0]), f"Chosen by name{under}"
    if split == "test":
        keys = ", ".join(dict.fromkeys(of_variant["key"]))
        raise UsageError(f"{which}: would choose a sweep point on the test set; one of {keys}")
    choice = best(of_variant, table)
    among = _among(choice, what)
    return choice, f"{which}'s point of the lowest mean {split} error{among}{under}"


def _among(choice: Choice, what: str) -> str:
    """From how many it was chosen: ` of 12 points`; nothing where there was no other."""
    return f" of {choice.of} {what}" if choice.of > 1 else ""


def _names(results: Results) -> str:
    """What may be chosen; the one variant of a search bears the study's name and tells nothing."""
    named = ["trial-N"] if results.is_search else list(dict.fromkeys(results.cells["variant"]))
    return f"{', '.join(['best', 'knee', *named])}, or the beginning of one key"


def _by_key(results: Results, which: str, conditions: Sequence[str]) -> tuple[Choice, str]:
    table = results.cells
    keys = list(dict.fromkeys(k for k in table["key"].dropna() if k.startswith(which)))
    if len(keys) != 1:
        neither = "no trial" if results.is_search else "no variant"
        what = f"is {neither} and no key" if not keys else "is the beginning of several keys"
        raise UsageError(f"{which!r} {what}; one of {_names(results)}")
    choice = _one_cell(table, table["key"].eq(keys[0]).fillna(False), keys[0], conditions)
    return choice, "Chosen by its key"


def _by_trial(table: pd.DataFrame, trial: int, conditions: Sequence[str]) -> tuple[Choice, str]:
    named = table["trial"].eq(trial).fillna(False)
    if not named.any():
        last = table["trial"].max()
        numbers = "there is none yet" if pd.isna(last) else f"they are numbered 0 to {last}"
        raise UsageError(f"trial-{trial}: is no trial of this search; {numbers}")
    return _one_cell(table, named, f"trial-{trial}", conditions), "Chosen by its trial number"


def _one_cell(
    table: pd.DataFrame, named: pd.Series[Any], name: str, conditions: Sequence[str]
) -> Choice:
    """The point of the cell that was `named`, that cell first. Raises HolesError if not done."""
    if conditions:
        raise UsageError(f"where: is read with best, knee or a variant; {name} is one cell")
    row = table[named].iloc[0]
    if row["state"] != "done":
        why = f"; {row['reason']}" if row["reason"] else ""
        raise HolesError(f"{name}: is {row['state']}, only a finished cell can be chosen{why}")
    key = row["key"]
    choice = _choice(
        next(point for point in points(table) if key in point.columns.keys[point.rows])
    )
    return replace(choice, keys=(key, *(other for other in choice.keys if other != key)))


def require_cost(rows: pd.DataFrame, cost: str) -> None:
    """Raise HolesError where no row of what is done has it."""
    if rows[cost].isna().all():
        recorded = ", ".join(name for name in COSTS if rows[name].notna().any()) or "none"
        what = f"{METRICS[cost].label} ({cost})"
        raise HolesError(f"no done cell has its {what} recorded; recorded are: {recorded}")


def _candidates(table: pd.DataFrame, what: str) -> tuple[list[PointCells], pd.DataFrame]:
    require_done(table)
    if "test" in split_of(table):
        raise UsageError(f"{what}: refused, as these errors are of the test set; name the variant")
    return _complete(table)


def _complete(table: pd.DataFrame) -> tuple[list[PointCells], pd.DataFrame]:
    """The points without holes and their means, or where all have some those with an error.

    Of these those that lost no cell, as far as there are any.
    """
    found, rows = points(table), means(table)
    usable = rows["error"].notna()
    sound = usable & np.array([not point.lost for point in found])
    complete = usable & rows["holes"].eq(0)
    preferred = next((each for each in (complete, sound) if each.any()), usable)
    kept = np.flatnonzero(preferred.to_numpy(dtype=bool))
    return [found[i] for i in kept], rows.iloc[kept]


def _chosen(found: list[PointCells], at: int, run: pd.DataFrame | None, rule: Rule) -> Choice:
    """The point that a rule chose of those that were found in the `run`."""
    every = found if run is None else _complete(run)[0]
    expected = expected_of(found[at], found, every, rule)
    return replace(_choice(found[at]), of=len(found), expected=expected)


def _choice(point: PointCells) -> Choice:
    low, high = t_interval(point.of_done("error"))
    return Choice(
        variant=point.variant,
        sweep=point.sweep,
        keys=point.keys,
        error=point.mean("error"),
        low=low,
        high=high,
        holes=point.holes,
        lost=point.lost,
    )


def where(table: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """Cells -> the cells of those points that meet all conditions; of no conditions all cells.

    A metric is the mean over a point's done cells, so a point without any meets no condition on
    one. Raises UsageError for a condition that cannot be read, on the error of test images, or that
    nothing meets, with the nearest that there is; HolesError where nothing is done.
    """
    conditions = parse_where(texts, sweep_keys_of(table))
    if not conditions:
        return table
    require_done(table)
    if "test" in split_of(table):
        for condition in conditions:
            metric = METRICS.get(condition.key)
            if metric and not metric.is_cost:
                raise UsageError(f"where: {condition}: refused, as it is of the test set")
    kept = [point for point in points(table) if point.keys]
    for number, condition in enumerate(conditions):
        passed = [point for point in kept if _meets(point, condition)]
        if not passed:
            raise UsageError(_nothing(kept, conditions[:number], condition))
        kept = passed
    return table.iloc[np.sort(np.concatenate([point.rows for point in kept]))]


def _value(point: PointCells, key: str) -> object:
    """A point's setting, or the mean of its metric; None where it has none."""
    if key not in METRICS:
        return point.sweep.get(key)
    mean = point.mean(key)
    return None if np.isnan(mean) else mean


def _meets(point: PointCells, condition: Condition) -> bool:
    value = _value(point, condition.key)
    has = value is not None if condition.key in METRICS else condition.key in point.sweep
    return has and condition.met_by(value)


def _nothing(kept: Sequence[PointCells], met: Sequence[Condition], condition: Condition) -> str:
    """That none of the points meets a condition, and which comes nearest."""
    of = f" with {' and '.join(map(str, met))}" if met else ""
    message = f"where: {condition}: met by none of the {len(kept)} finished points{of}"
    wanted: Any = condition.values[0]
    values = [(_value(point, condition.key), point) for point in kept]
    known = [(value, point) for value, point in values if value is not None]
    if not known:
        return f"{message}; it is known of none"
    if is_number(wanted):
        numbers = [(value, point) for value, point in known if isinstance(value, int | float)]
        if numbers:
            value, point = min(numbers, key=lambda known: abs(known[0] - wanted))
            label = point_text(point.variant, point.sweep)
            return f"{message}; the nearest has {value:.10g}: {label}"
    names = dict.fromkeys(show(value) for value, _ in known)
    return f"{message}; there are {', '.join(names)}"
