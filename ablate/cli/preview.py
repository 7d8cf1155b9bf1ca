"""What `ablate plan` shows of a search: its space, points of it, and what the budget takes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ablate.cli.console import add_row, console, new_table, print_json
from ablate.space import Choice, IntRange
from ablate.text import count, duration, size

if TYPE_CHECKING:
    from ablate.sampling import Preview
    from ablate.space import Knob
    from ablate.study import Study

SHOWN = 12  # points of a space; a grid is shown whole


def show_search(study: Study, look: Preview, jobs: int, as_json: bool) -> None:
    """Knobs, points, and what the budget will take."""
    if as_json:
        print_json({"study": study.name, **look.document()})
        return
    points = [_points(study, look)] if look.feasible else []
    console().print(Group(_knobs(study), *points, *map(Text, _totals(study, look, jobs))))


def _knobs(study: Study) -> Table:
    assert study.search is not None
    knobs = study.search.space.knobs
    conditions = ["when"] if any(knob.when for knob in knobs) else []
    table = new_table("knob", "range", *conditions)
    for knob in knobs:
        when = [", ".join(map(str, knob.when))] if conditions else []
        add_row(table, knob.name, _range_text(knob), *when)
    return table


def _range_text(knob: Knob) -> str:
    if isinstance(knob.range, Choice):
        return " | ".join(_value(option) for option in knob.range.options)
    low, high, step = knob.range.low, knob.range.high, knob.range.step
    by = "" if step is None or (isinstance(knob.range, IntRange) and step == 1) else f" by {step:g}"
    return f"{low:g} .. {high:g}{by}{', log' if knob.range.log else ''}"


def _points(study: Study, look: Preview) -> Table:
    """Feasible points: a grid's all, else the first few that were drawn."""
    keys = study.sweep_keys
    table = new_table(*keys, "params", "MACs", "memory", "time a cell")
    is_grid = study.search is not None and study.search.sampler.name == "grid"
    for point in look.feasible if is_grid else look.feasible[:SHOWN]:
        cell = point.cell
        if cell is not None:
            swept = [_value(point.values[key]) if key in point.values else "" for key in keys]
            numbers = [count(cell.params), count(cell.macs), size(cell.peak_bytes)]
            add_row(table, *swept, *numbers, duration(cell.predicted_seconds))
    return table


def _value(value: object) -> str:
    return "null" if value is None else str(value)


def _nearest(look: Preview) -> str:
    """What came nearest to being feasible, where nothing is."""
    refused = [point for point in look.points if point.cell]
    if look.feasible or not refused:
        return ""
    return f"; the nearest: {min(refused, key=lambda point: point.violation).reason}"


def _totals(study: Study, look: Preview, jobs: int) -> list[str]:
    points = f"{look.size:,} points" if look.size is not None else "a continuous space"
    which = "all" if look.is_whole else f"{len(look.points)} drawn at random"
    refused = Counter(point.reason.split(":")[0] for point in look.points if point.reason)
    why = "".join(f", {number} infeasible by {key}" for key, number in refused.most_common(4))
    lines = [f"{points}; of {which}, {len(look.feasible)} are feasible{why}{_nearest(look)}"]
    if params := look.range_of("params"):
        lines.append(
            "parameters from {} to {}, median {}".format(*(count(params[i]) for i in (0, 2, 1)))
        )
    assert study.search is not None
    trials = study.search.budget.trials
    if study.search.sampler.name == "grid":
        trials = min(trials or len(look.feasible), len(look.feasible)) if look.is_whole else trials
    seconds = look.range_of("predicted_seconds")
    if trials and seconds:
        times = [point.cell.predicted_seconds or 0.0 for point in look.feasible if point.cell]
        mean = sum(times) / len(times)
        total, together = duration(trials * mean), duration(trials * mean / jobs)
        lines.append(
            f"{trials} trials: about {total} of training if they are like these, {together} with "
            f"{jobs} at a time"
        )
    return lines
