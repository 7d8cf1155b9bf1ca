"""What `compare` says of a run: the points of its design, or the cells of a search worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis import (
    Outcomes,
    Results,
    beside_published,
    front_shares,
    is_done,
    plain_rows,
    read_outcomes,
    require_cost,
    require_done,
    tabled,
    trained,
)
from ablate.cells import (
    METRICS,
    OF_LINES,
    check_cost,
)
from ablate.claims.answer import answer_of, effects_answer
from ablate.claims.judged import Judged
from ablate.claims.noted import looks_so_far, study_notes
from ablate.claims.shortlist import shortlist
from ablate.claims.value import Comparison, check_over, swept_columns, with_differences
from ablate.contrasts import (
    Laid,
    Line,
    Measured,
    effects_of,
    ratios,
    with_networks,
)
from ablate.errors import UsageError
from ablate.text import point_text


def compared(
    folder: str | Path,
    everything: bool = False,
    published: bool = False,
    cost: str = "",
    over: str = "seeds",
    data: str | Path | None = None,
) -> Comparison:
    """A run folder -> what it says, and how often its test set was looked at.

    Options are those of `ablate.compare`.
    """
    results = trained(folder)
    found = comparison(results, everything, published, cost, drawn(folder, results, over, data))
    return replace(found, notes=(*found.notes, *looks_so_far(folder, results)))


def drawn(
    folder: str | Path, results: Results, over: str, data: str | Path | None = None
) -> Outcomes | None:
    """What cells make of the images, where these are drawn at random as well; else None.

    `over` is that of `compared()`. Raises UsageError for another word and for a search, HolesError
    where predictions are missing or of other images.
    """
    check_over(over)
    if over == "seeds":
        return None
    if results.is_search:
        raise UsageError("over: a search has no differences, which could be over images")
    if results.head.race:
        raise UsageError("over: seeds that race are decided over seeds")
    return read_outcomes(folder, results.cells, data)


def comparison(
    results: Results,
    everything: bool = False,
    published: bool = False,
    cost: str = "",
    outcomes: Outcomes | None = None,
) -> Comparison:
    """Results of a run -> what they say; the options are those of `compared()`.

    With `outcomes` intervals are over seeds and images.
    """
    if cost:
        check_cost(cost)
    if results.is_search:
        compared = shortlist(results, everything)
    else:
        compared = compare_design(results, cost, outcomes)
    notes = study_notes(results)
    if published:
        rows, note = beside_published(compared.rows, results)
        compared, notes = replace(compared, rows=rows), (*filter(None, [note]), *notes)
    return replace(
        compared,
        question=results.head.question,
        subject=results.head.subject,
        images=results.head.images,
        extensions=tuple(results.head.extensions),
        notes=notes,
    )


def compare_design(
    results: Results, cost: str = "", outcomes: Outcomes | None = None
) -> Comparison:
    """Results of a fixed design -> its comparison, in the manner of that design."""
    head, judged = results.head, Judged(results, results.cost(cost), outcomes)
    asked, cost = judged.asked, judged.cost
    measured, plan, lines = asked.measured, asked.plan, asked.lines
    (of_lines, lines_basis), (of_points, rows_basis) = judged.lines, judged.points
    of_ratios = ratios(measured, asked.fit, lines, judged.lines_of_fixed_seeds[1], cost)
    is_factorial = len(head.design.get("reference", ())) > 1 and len(measured.same) > 1
    effects = effects_of(results) if is_factorial and outcomes is None else None
    if lines_basis.comparisons or effects:  # these are the family that decides
        of_points = [{**row, "verdict": None, "seeds_needed": None} for row in of_points]
    rows = _rows(measured, plan, of_points, cost)
    if not rows_basis.over:
        rows = with_networks(rows, measured, asked.pairs)
    if lines:  # points that differ in cost
        rows["front_share"] = front_shares(results.cells, cost)
    compared = Comparison(
        rows=_ordered(rows, plan),
        lines=_lines(lines, of_lines, of_ratios, head.baseline),
        effects=effects,
        shown=plan.shown,
        against=plan.against,
        matched=tuple(plan.matched),
        over="seeds" if outcomes is None else "seeds and images",
        cost=cost,
        margin=head.margin,
        chance=judged.chance,
        of_rows=rows_basis,
        of_lines=lines_basis,
    )
    return replace(compared, answer=_answer(compared))


def equal_error(folder: str | Path, *, cost: str = "params") -> pd.DataFrame:
    """A run folder -> a row per other variant: its cost over the baseline's at equal error.

    Columns are `variant`, `ratio` with `ratio_low` and `ratio_high` (missing where nothing speaks
    against ratios on that side), `ratio_covered` (the share of the curve that the costs of both
    cover least) and `ratio_reason`, why there is no ratio or no interval. See
    `statistics.cost_ratio`; errors are those of `at_equal_error()`.
    """
    lines = at_equal_error(trained(folder), cost).lines
    columns = [name for name in lines.columns if name == "variant" or name.startswith("ratio")]
    return lines.loc[~lines["is_baseline"], columns].reset_index(drop=True)


def at_equal_error(
    results: Results, cost: str = "params", outcomes: Outcomes | None = None
) -> Comparison:
    """Results -> their comparison, which has a ratio of costs for some variant, or says why not.

    Raises UsageError where points are no curves: for a search, a factorial design and a path, and
    where no variant has two points; HolesError where nothing is done or no cell has the cost
    recorded.
    """
    check_cost(cost)
    if results.is_search or results.head.design.get("kind") in ("factorial", "path"):
        raise UsageError("equal error: is of fixed designs, whose variants sweep a setting")
    require_done(results.cells)
    require_cost(results.cells[is_done(results.cells)], cost)
    compared = comparison(results, cost=cost, outcomes=outcomes)
    if compared.lines.empty:
        raise UsageError("equal error: no variant has two points, which would be a curve")
    return compared


def _rows(
    measured: Measured, plan: Laid, differences: Sequence[dict[str, Any]], cost: str
) -> pd.DataFrame:
    """A row per point: its means and its difference to its partner, with the ratio of costs."""
    costs, rows = measured.costs(cost), []
    for i, (difference, partner) in enumerate(zip(differences, plan.partners, strict=True)):
        ratio = np.nan if partner is None else float(costs[i] / costs[partner])
        known = {"cost_ratio": None if np.isnan(ratio) else ratio}
        rows.append({**difference, **known, "is_baseline": i in plan.base})
    return with_differences(measured.means, rows)


def _answer(compared: Comparison) -> str:
    """The sentence that the family that decides comes to."""
    if compared.effects and (answer := effects_answer(compared.effects, compared.margin)):
        return answer
    if compared.of_lines.comparisons:
        rows, basis = plain_rows(compared.lines), compared.of_lines
        names, at = [row["variant"] for row in rows], f"at equal {METRICS[compared.cost].label}"
    else:
        rows, basis, at = plain_rows(compared.rows), compared.of_rows, ""
        keys = swept_columns(compared.rows)
        names = [
            point_text(row["variant"], {key: row[key] for key in keys if row[key] is not None})
            for row in rows
        ]
    claims = list(zip(names, rows, strict=True))
    what = METRICS[compared.cost].label
    if answer := answer_of(claims, basis, compared.against, at, what, compared.margin):
        return answer
    if int(compared.rows["error"].notna().sum()) < 2:
        return ""
    return f"Nothing can be set against {compared.against}: no {what} or settings are alike."


def _ordered(rows: pd.DataFrame, plan: Laid) -> pd.DataFrame:
    """The rows of points in the order of their table; of a path `step` stands in front."""
    rows = rows.iloc[list(plan.order)].reset_index(drop=True)
    if plan.steps:
        rows.insert(0, "step", pd.Series(list(plan.steps), dtype="Int64"))
    return rows


def _lines(
    lines: Sequence[Line],
    differences: Sequence[dict[str, Any]],
    of_ratios: Sequence[dict[str, Any]],
    baseline: str,
) -> pd.DataFrame:
    """The lines, what was judged of each and its ratio -> a table, the baseline's in front."""
    head = {"variant": baseline, "is_baseline": True, "reason": ""}
    rows: list[dict[str, Any]] = [head] if lines else []
    for line, difference, ratio in zip(lines, differences, of_ratios, strict=True):
        known = {"variant": line.variant, "points": len(line.own), "reason": line.reason}
        if lost := difference.get("lost"):
            known["reason"], ratio = "", {"ratio_reason": lost}
        elif not line.reason and "difference" not in difference:
            known["reason"] = "no seed in common with the baseline"
        known |= {"cost_low": line.low, "cost_high": line.high, "covered": line.covered}
        known |= {"cost_ratio": line.ratio, "is_baseline": False}
        rows.append({**difference, **ratio, **known})
    return tabled(rows, OF_LINES)
