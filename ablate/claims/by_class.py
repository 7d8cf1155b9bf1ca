"""Errors by class, compared: a second family, which describes and decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis import (
    Outcomes,
    Results,
    one_to_show,
    points,
    read_outcomes,
    require_done,
    split_of,
    tabled,
)
from ablate.cells import METRICS, OF_CLASSES, check_cost, lost_text
from ablate.claims.noted import looks_so_far, study_notes
from ablate.claims.value import check_over
from ablate.contrasts import Contrast, Differences, Measured, judge
from ablate.errors import HolesError
from ablate.statistics import LEVEL
from ablate.text import point_text

_RACED = (
    "seeds raced for the error of all classes: these intervals are as if their number had been "
    "fixed, so that more claims are false than they say"
)


@dataclass(frozen=True)
class ByClass:
    """The baseline's error in each class, and what others differ from it by there."""

    table: pd.DataFrame  # `OF_CLASSES`; the class in which the baseline is worst in front
    subject: str  # what papers call the data, and which images: `C10+ validation`
    baseline: str  # the variant, or its only point
    against: str  # what differences are to
    points: int  # of the baseline, over which its error is the mean
    at: str = ""  # under which condition variants are compared: `at equal parameters`
    left_out: tuple[str, ...] = ()  # what is not compared
    comparisons: int = 0  # differences, whose intervals hold together
    images: int = 0  # of all classes
    over: str = ""  # seeds, seeds and images; nothing where there is no interval
    some_over_images: bool = False  # whether there is a class in which seeds leave no spread
    lost: tuple[str, ...] = ()  # which variants lost cells that count against them
    notes: tuple[str, ...] = ()


def by_class(
    folder: str | Path,
    results: Results,
    cost: str = "",
    over: str = "seeds",
    data: str | Path | None = None,
) -> ByClass:
    """A run folder and its results -> their errors by class; the options are those of `compare()`.

    Raises UsageError for an unknown option, HolesError where predictions are missing or of other
    images.
    """
    check_over(over)
    if cost:
        check_cost(cost)
    if results.is_search:
        require_done(results.cells)
        done = [point for point in points(results.cells) if len(point.done)]
        best = one_to_show(done, results)
        results = replace(results.of(best.done), head=replace(results.head, baseline=best.variant))
    outcomes = read_outcomes(folder, results.cells, data)
    compared = compared_by_class(results, outcomes, cost, over_images=over == "images")
    return replace(compared, notes=(*compared.notes, *looks_so_far(folder, results)))


def compared_by_class(
    results: Results, outcomes: Outcomes, cost: str = "", *, over_images: bool = False
) -> ByClass:
    """Results, and which images their cells get wrong -> the same by class.

    What is compared is what `compare` compares: variants at equal cost, else points; of a search
    nothing. The intervals hold for all of them in all classes, by Bonferroni's method over classes;
    deviations are those of each class, pooled over points.
    """
    asked = Differences.of(results, results.cost(cost), outcomes)
    (base, *others), at = _shown(asked, METRICS[results.cost(cost)].label)
    numbers = np.unique(outcomes.labels)
    level = 1 - (1 - LEVEL) / len(numbers)
    classes, comparisons, over = [], 0, set[str]()
    for number in numbers:
        images = outcomes.labels == number
        measured, size = asked.measured.among(images, are_drawn=over_images), int(images.sum())
        fit = measured.fit(base.points[0])
        contrasts = [other.contrast for other in others]
        judged, basis = judge(measured, fit, contrasts, images=size, level=level)
        comparisons, over = comparisons + basis.comparisons, over | {basis.over}
        rows = [base.row(measured), *(other.row(measured) for other in others)]
        about = {"class": outcomes.names[number], "images": size}
        pairs = zip(rows, [{"is_baseline": True}, *judged], strict=True)
        classes.append([{"is_baseline": False, **about, **row, **more} for row, more in pairs])
    classes.sort(key=lambda rows: -rows[0]["error"])
    states = results.cells.groupby("variant", sort=False)["state"].agg(lost_text)
    return ByClass(
        table=tabled([row for rows in classes for row in rows], OF_CLASSES),
        subject=f"{results.head.subject} {split_of(results.cells)}".strip(),
        baseline=base.name,
        against=asked.plan.against,
        points=len(base.points),
        at=at,
        left_out=tuple(other.name for other in others if not other.contrast),
        comparisons=comparisons,
        images=len(outcomes.labels),
        over=("seeds and images" if over_images else "seeds") if over - {""} else "",
        some_over_images="images" in over,
        lost=tuple(f"{name} {text}" for name, text in states.items() if text),
        notes=(_RACED,) * bool(results.head.race) + study_notes(results),
    )


@dataclass(frozen=True)
class _Shown:
    """The baseline, or what is set against it."""

    name: str
    points: Sequence[int]  # of it
    contrast: Contrast | None = None  # None: it is not compared

    def row(self, measured: Measured) -> dict[str, Any]:
        """Its mean error over seeds, and over those of its points that have one."""
        have = [measured.same[point] for point in self.points if point in measured.same]
        errors = [measured.errors[measured.points == point].mean() for point in have]
        return {"variant": self.name, "error": float(np.mean(errors)) if errors else None}


def _shown(asked: Differences, cost: str) -> tuple[list[_Shown], str]:
    """The baseline and what is set against it, and under which condition.

    `cost` is the label of what lines are at. Raises HolesError where the baseline has no error.
    """
    names = asked.measured.names
    points = [i for i in asked.plan.base if i in asked.measured.same]
    if not points:
        raise HolesError(f"no cell of {asked.plan.against or 'the baseline'} is done")
    first = names[points[0]]
    base = _Shown(point_text(*first) if len(points) == 1 else first[0], points)
    if asked.decide[1]:
        lines = [_Shown(line.variant, line.own, line.contrast) for line in asked.lines]
        return [base, *lines], f"at equal {cost}"
    others = [
        _Shown(point_text(*name), [i], pair)
        for i, (name, pair) in enumerate(zip(names, asked.pairs, strict=True))
        if i not in asked.plan.base
    ]
    keys = " and ".join(asked.plan.matched).replace("_", " ")
    return [base, *others], f"at equal {keys}" if keys else ""
