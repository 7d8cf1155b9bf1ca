"""Made-up studies, and how what `compare` says of them holds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ablate.analysis import Head, Results, frame
from ablate.cells import point_label
from ablate.claims import Judged, Race, detectable
from benchmarks.validity import images
from benchmarks.validity.conditions import Condition

COST = "params"  # at which variants are compared
ENDS = ("difference_low", "difference_high")
JUDGED = ("variant", *ENDS, "verdict", "lost", "bound_low", "bound_high")  # columns
SHARED = 0.4  # deviation of what a seed adds to all points: a correlation of 0.14, as in ours
BAD = 4.0  # deviations by which a bad seed is worse
SLOPE = 2.0  # of the error over the logarithm of the cost
SIZES = (1.0, 0.8, 1.3, 0.9, 1.1, 0.7, 1.2, 0.85)  # of variants at equal depth


def truths(condition: Condition) -> NDArray[np.float64]:
    """Each variant's true mean error at equal cost, less the baseline's."""
    if condition.images:
        return images.truths_at_equal_cost(condition, costs(condition))
    shifts = np.array([-condition.effect if i % 2 else 0.0 for i in range(condition.variants)])
    if condition.bad_are_lost:  # every second variant has them; the baseline has none
        shifts += [condition.bad_seeds * BAD if i % 2 else 0.0 for i in range(condition.variants)]
    return shifts


def made_up(condition: Condition, draw: np.random.Generator) -> NDArray[np.float64]:
    """(variants, points, seeds): the errors of one study at its costs; NaN where a cell is lost."""
    shape = (condition.variants, condition.points, condition.seeds)
    second = (np.arange(condition.variants) % 2 == 1)[:, None, None]
    errors = 60 - SLOPE * np.log(costs(condition))[..., None] - condition.effect * second
    errors = errors + draw.normal(0, SHARED, condition.seeds)
    errors = errors + draw.normal(0, 1, (condition.variants, 1, 1)) * condition.image_noise
    deviations = np.linspace(1, condition.largest_deviation, condition.variants)
    errors = errors + draw.normal(0, 1, shape) * deviations[:, None, None]
    is_bad = draw.random(shape) < condition.bad_seeds
    if condition.bad_are_lost:
        return np.where(is_bad & second, np.nan, errors)
    return np.where(draw.random(shape) < condition.lost, np.nan, errors + BAD * is_bad)


def costs(condition: Condition) -> NDArray[np.float64]:
    """(variants, points): the parameters; without a sweep all have the same."""
    sizes = np.array(SIZES[: condition.variants])[:, None]
    depths = np.arange(1, condition.points + 1)
    return np.round(100_000 * (sizes if condition.points > 1 else 1.0 + 0 * sizes) * 1.7**depths)


def as_results(
    condition: Condition, errors: NDArray[np.float64], listed: NDArray[np.bool_] | None = None
) -> Results:
    """The errors as those of a run, which may have `listed` some of the cells only."""
    lost = "diverged" if condition.bad_are_lost else "oom"
    table = _cells(condition, errors.shape[-1])
    states = np.where(np.isnan(errors), lost, "done").ravel()
    table = table.assign(
        error=pd.array(errors.ravel(), dtype="Float64"),
        state=pd.Series(states).astype(table["state"].dtype),
    )
    if listed is not None:
        table = table[listed.ravel()].reset_index(drop=True)
    keys = ["depth"] if condition.points > 1 else []
    head: dict[str, Any] = {"study": "s", "profile": "", "question": "", "subject": ""}
    head |= {"sweep_keys": keys, "baseline": "v0", "margin": condition.margin, "classes": 10}
    if condition.race:
        head["race"] = {"least": condition.seeds, "most": condition.most_seeds}
    return Results(table, Head.of(head))


@lru_cache(maxsize=16)
def _cells(condition: Condition, seeds: int) -> pd.DataFrame:
    """The cells of such a study, but for their errors: all are done."""
    shape = (condition.variants, condition.points, seeds)
    params = costs(condition)
    rows = [
        {
            "key": f"{i}-{depth}-{seed}",
            "variant": f"v{i}",
            "depth": depth,
            "seed": seed,
            "state": "done",
            "split": "validation",
            "params": int(params[i, depth]),
        }
        for i, depth, seed in np.ndindex(shape)
    ]
    return frame(rows, ["depth"] if condition.points > 1 else [])


def settled(condition: Condition) -> Condition:
    """The same with the effect or the margin that `plan` says of such a study."""
    if not condition.least:
        return condition
    shape = (condition.variants, condition.points, condition.seeds)
    planned = detectable(as_results(condition, np.zeros(shape)))
    assert planned
    if condition.least == "effect":
        return replace(condition, effect=planned.difference)
    return replace(condition, margin=planned.tie)


def judged_at_last(
    condition: Condition, draw: np.random.Generator
) -> tuple[Judged, NDArray[np.float64]]:
    """A made-up study as it is judged, with its errors; seeds are added where they may be."""
    most = max(condition.seeds, condition.most_seeds)
    errors = made_up(replace(condition, seeds=most), draw)
    if condition.race:
        return _raced(condition, errors)
    for seeds in range(condition.seeds, most + 1):
        seen = errors[..., :seeds]
        judged = Judged(as_results(condition, seen), COST)
        claims = ["better", "worse"]
        if seeds < most and _told(condition, judged)[0]["verdict"].isin(claims).any():
            break
    return judged, seen


def _raced(condition: Condition, errors: NDArray[np.float64]) -> tuple[Judged, NDArray[np.float64]]:
    """A study whose seeds race, asked for the next ones until it wants none."""
    listed = np.zeros(errors.shape, dtype=bool)
    listed[..., : condition.seeds] = True
    race = Race(as_results(condition, errors, listed), COST)
    for seeds in range(condition.seeds, condition.most_seeds + 1):
        race.look(as_results(condition, errors, listed), seeds)
        if not race.points or seeds == condition.most_seeds:
            break
        for i, depth in np.ndindex(errors.shape[:2]):
            point = point_label(f"v{i}", {"depth": depth} if condition.points > 1 else {})
            listed[i, depth, seeds] = point in race.points
    return Judged(as_results(condition, errors, listed), COST), np.where(listed, errors, np.nan)


def told(condition: Condition, number: int) -> dict[str, float]:
    """How one study was told: shares of its comparisons, and whether anything was wrong.

    Where images are drawn at random intervals are over seeds and images; whether those over seeds
    alone hold stands beside that.
    """
    draw = np.random.default_rng([20_161, number])
    over_seeds, errors = np.nan, np.empty(0)
    if condition.images:
        wrong = images.wrong(condition, costs(condition), draw)
        results = as_results(condition, 100 * wrong.mean(axis=-1))
        outcomes = images.outcomes(wrong, results.cells["key"].tolist())
        _, (low, high), truth = _told(condition, Judged(results, COST))
        over_seeds = float(((low <= truth) & (truth <= high)).all())
        judged = Judged(results, COST, outcomes)
    else:
        judged, errors = judged_at_last(condition, draw)
    table, (low, high), truth = _told(condition, judged)
    verdicts = table["verdict"].to_numpy(str)
    holds = ((low <= truth) & (truth <= high))[~np.isnan(low)]  # those that have an interval
    claimed = np.isin(verdicts, ["better", "worse"])
    right = np.where(verdicts == "better", truth < 0, truth > 0) & claimed
    is_null = truth == 0
    paired_false, paired_power = _paired(condition, errors) if errors.size else (np.nan, np.nan)
    return {
        "comparisons": len(table),
        "holds": _share(holds),
        "all_hold": float(holds.all()),
        "all_hold_over_seeds": over_seeds,
        "false": float((claimed & ~right).any()),
        "found": float(right[~is_null].mean()) if (~is_null).any() else np.nan,
        "equal": float((verdicts == "equal").mean()) if condition.margin else np.nan,
        "half_width": float(np.nanmedian((high - low) / 2)) if len(holds) else np.nan,
        **_of_lost(table, truth),
        "seeds_each": float(np.isfinite(errors).sum(axis=-1).mean()) if errors.size else np.nan,
        "apart": float(judged.asked.fit.differ is True),
        "paired_false": paired_false,
        "paired_found": paired_power,
    }


def _told(
    condition: Condition, judged: Judged
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.float64]]:
    """The family that decides, the ends (2, comparisons) of its intervals, and the truths."""
    if lines := judged.asked.lines:
        variants, rows = [line.variant for line in lines], judged.lines[0]
    else:
        variants = [variant for variant, _ in judged.asked.measured.names]
        rows = judged.points[0]
    told = [{**row, "variant": name} for name, row in zip(variants, rows, strict=True)]
    table = pd.DataFrame([row for row in told if row.get("verdict")], columns=JUDGED)
    ends = table[list(ENDS)].to_numpy(np.float64).T
    return table, ends, truths(condition)[[int(name[1:]) for name in table["variant"]]]


def _of_lost(table: pd.DataFrame, truth: NDArray[np.float64]) -> dict[str, float]:
    """How the variants were told that lost cells by what they are."""
    lost, verdicts = table["lost"].notna().to_numpy(bool), table["verdict"].to_numpy(str)
    low, high = (table[f"bound_{end}"].to_numpy(float) for end in ("low", "high"))
    return {
        "lost": _share(lost),
        "lost_better": float((lost & (verdicts == "better")).any()),
        "lost_worse": _share((verdicts == "worse")[lost]),
        "in_bounds": _share(((low <= truth) & (truth <= high))[lost]),
    }


def _share(which: NDArray[np.bool_]) -> float:
    """Of those that there are; NaN of none."""
    return float(which.mean()) if len(which) else np.nan


def _paired(condition: Condition, errors: NDArray[np.float64]) -> tuple[float, float]:
    """The same by a t interval of each point alone, paired by seed: any false, and the found.

    Costs differ there; what the truth says of that is taken out.
    """
    at_equal_cost = errors + SLOPE * np.log(costs(condition))[..., None]
    differences = at_equal_cost[1:] - at_equal_cost[0]
    n = (~np.isnan(differences)).sum(axis=-1)
    means = np.nansum(differences, axis=-1) / np.maximum(n, 1)
    squares = np.nansum((differences - means[..., None]) ** 2, axis=-1)
    freedom = np.maximum(n - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = means / np.sqrt(squares / freedom / np.maximum(n, 1))
    excludes = (n > 1) & (np.abs(t) > stats.t.ppf(0.975, freedom))
    truth = truths(condition)[1:, None]
    right = excludes & (np.sign(means) == np.sign(truth)) & (truth != 0)
    has_effect = np.broadcast_to(truth != 0, right.shape)
    found = float(right[has_effect].mean()) if has_effect.any() else np.nan
    return float((excludes & ~right).any()), found


def summary(condition: Condition, all_told: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Studies of one condition -> a row of the table."""
    table = pd.DataFrame(all_told)
    means = table.mean(skipna=True)
    return {
        "condition": condition.name,
        "variants": condition.variants,
        "points": condition.points,
        "seeds": condition.seeds,
        "images": condition.images or None,
        "effect": condition.effect,
        "margin": condition.margin,
        **{str(name): None if np.isnan(value) else float(value) for name, value in means.items()},
        "studies": len(table),
    }
