"""Made-up factorial studies, and how what `compare` says of their levels holds up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ablate.analysis import Head, Results, frame
from ablate.contrasts import effects_of
from ablate.errors import HolesError
from benchmarks.validity.studies import SHARED

NAMES = ("f0", "f1", "f2", "f3")


@dataclass(frozen=True)
class Condition:
    """Factorial studies of one kind, in standard deviations of a cell's error over seeds."""

    name: str
    levels: tuple[int, ...] = (2, 2, 2)  # of each factor
    seeds: int = 3
    effect: float = 0.0  # by which the second level of the first factor is better
    crossing: float = 0.0  # by which levels of the first two factors are worse alike, better apart
    of_levels: float = 0.0  # deviation of what a seed adds to a level, whatever the others are at
    moved: int = 9  # how many factors have levels that seeds move
    lost: float = 0.0  # share of cells that are lost


def conditions() -> Iterator[Condition]:
    """Every condition, in the order of the table."""
    for levels in ((2, 2), (2, 2, 2), (3, 3, 2)):
        for seeds in (2, 3, 5):
            usual = Condition("factorial", levels, seeds)
            yield usual
            yield replace(usual, effect=2.0)
            yield replace(usual, crossing=3.0)
            yield replace(usual, of_levels=1.0)
            yield replace(usual, crossing=3.0, lost=0.15)
            yield replace(usual, crossing=3.0, of_levels=1.0, lost=0.15)
    for seeds in (3, 10):
        yield Condition("one factor moved", seeds=seeds, of_levels=1.0, moved=1)


def truths(condition: Condition) -> NDArray[np.float64]:
    """(levels of each factor ...): the mean of each combination."""
    levels = np.indices(condition.levels)
    means = 60 - condition.effect * (levels[0] == 1)
    return np.asarray(means + condition.crossing * np.where(levels[0] % 2 == levels[1] % 2, 1, -1))


def made_up(condition: Condition, draw: np.random.Generator) -> NDArray[np.float64]:
    """(levels of each factor ..., seeds): the errors of one study; NaN where a cell is lost."""
    shape = (*condition.levels, condition.seeds)
    errors = truths(condition)[..., None] + draw.normal(0, SHARED, condition.seeds)
    errors = errors + draw.normal(0, 1, shape)
    for factor, size in enumerate(condition.levels[: condition.moved]):
        of_levels = draw.normal(0, 1, (size, condition.seeds)) * condition.of_levels
        others = [axis for axis in range(len(condition.levels)) if axis != factor]
        errors = errors + np.expand_dims(of_levels, others)
    return np.where(draw.random(shape) < condition.lost, np.nan, errors)


def as_results(errors: NDArray[np.float64]) -> Results:
    """The errors as those of a run; the first level of each factor is its reference."""
    names = NAMES[: errors.ndim - 1]
    rows = [
        {
            **dict(zip(names, at, strict=True)),
            "key": "-".join(map(str, (*at, seed))),
            "variant": "s",
            "seed": seed,
            "state": "oom" if np.isnan(error) else "done",
            "split": "validation",
            "error": None if np.isnan(error) else error,
        }
        for (*at, seed), error in np.ndenumerate(errors)
    ]
    head: dict[str, Any] = {"study": "s", "profile": "", "question": "", "subject": ""}
    design = {"kind": "factorial", "reference": dict.fromkeys(names, 0)}
    head |= {"sweep_keys": names, "baseline": "s", "design": design}
    return Results(frame(rows, names), Head.of(head))


def told(condition: Condition, number: int) -> dict[str, float]:
    """How one study was told: shares of its effects, and whether anything was wrong."""
    errors = made_up(condition, np.random.default_rng([20_161, number]))
    try:
        effects = effects_of(as_results(errors))
    except HolesError:
        return {"comparisons": 0.0}
    if not effects.basis.over:
        return {"comparisons": 0.0}
    means = truths(condition)
    mains = _judged(effects.levels[~effects.levels["is_reference"]], means)
    every = pd.concat([mains, _judged(effects.interactions, means)], ignore_index=True)
    has_effect = every["truth"].ne(0)
    moved = condition.levels[: condition.moved]
    of_moved = mains[: sum(moved) - len(moved)]
    alone = stats.t.ppf(0.975, effects.freedom) / effects.basis.critical.seeds
    return {
        "comparisons": float(len(every)),
        "holds": float(mains["apart"].le(mains["half"]).mean()),
        "holds_alone": float(mains["apart"].le(mains["half"] * alone).mean()),
        "interactions_hold": float((every["apart"] <= every["half"])[len(mains) :].mean()),
        "all_hold": float((every["apart"] <= every["half"]).all()),
        "moved_hold": float(of_moved["apart"].le(of_moved["half"] * alone).mean()),
        "false": float((every["claimed"] & ~every["right"]).any()),
        "found": float(every.loc[has_effect, "right"].mean()) if has_effect.any() else np.nan,
        "half_width": float(mains["half"].median()),
        "paired_holds": _paired(errors, means),
    }


def _judged(rows: pd.DataFrame, means: NDArray[np.float64]) -> pd.DataFrame:
    """Effects or interactions with what is true of them."""
    names = ("difference", "difference_low", "difference_high")
    middle, low, high = (rows[name].to_numpy(float) for name in names)
    truth = np.round([_truth(row, means) for row in rows.to_dict("records")], 9)
    claimed = (low > 0) | (high < 0)
    return pd.DataFrame(
        {
            "truth": truth,
            "half": (high - low) / 2,
            "apart": np.abs(middle - truth),
            "claimed": claimed,
            "right": claimed & (np.sign(middle) == np.sign(truth)),
        }
    )


def _truth(row: dict[Any, Any], means: NDArray[np.float64]) -> float:
    """The effect of a level, or how much it is another at another factor's level."""
    pairs = [("factor", "level"), ("other", "other_level")]
    at = {NAMES.index(row[name]): int(row[level]) for name, level in pairs if name in row}
    others = tuple(axis for axis in range(means.ndim) if axis not in at)
    of_levels = means.mean(axis=others).transpose(np.argsort(np.argsort(list(at))))
    for level in at.values():  # the first factor's axis goes, then the other's
        of_levels = of_levels[level] - of_levels[0]
    return float(of_levels)


def _paired(errors: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """The share of main effects that a t interval over all pairs of cells holds.

    Pairs have all other levels and the seed in common, and are taken to be independent.
    """
    holds = []
    for factor, size in enumerate(means.shape):
        for level in range(1, size):
            truth = np.take(means, level, factor).mean() - np.take(means, 0, factor).mean()
            pairs = (np.take(errors, level, factor) - np.take(errors, 0, factor)).ravel()
            pairs = pairs[~np.isnan(pairs)]
            if len(pairs) > 1:
                half = stats.t.ppf(0.975, len(pairs) - 1) * stats.sem(pairs)
                holds.append(abs(pairs.mean() - truth) <= half)
    return float(np.mean(holds)) if holds else np.nan


def summary(condition: Condition, all_told: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Studies of one condition -> a row of the table; shares are of those with intervals."""
    table = pd.DataFrame(all_told)
    means = table[table["comparisons"] > 0].mean()
    return {
        "condition": condition.name,
        "levels": " x ".join(map(str, condition.levels)),
        "seeds": condition.seeds,
        "effect": condition.effect,
        "crossing": condition.crossing,
        "of_levels": condition.of_levels,
        "lost": condition.lost,
        **{str(name): None if np.isnan(value) else float(value) for name, value in means.items()},
        "without": float((table["comparisons"] == 0).mean()),
        "studies": len(table),
    }
