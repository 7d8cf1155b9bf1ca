"""What `ablate plan` shows of a search: its space, points of it, and what the budget takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ablate.cli.console import console, print_json
from ablate.space import Choice, IntRange
from ablate.text import count, duration, new_table

if TYPE_CHECKING:
    from ablate.sampling import Preview
    from ablate.space import Knob
    from ablate.study import Study


def show_search(study: Study, look: Preview, jobs: int, as_json: bool) -> None:
    """Knobs, points, and what the budget will take."""
    if as_json:
        print_json({"study": study.name, **look.document()})
        return
    points = [new_table(look.sheet.lines, "")] if look.feasible else []
    console().print(Group(_knobs(study), *points, *map(Text, _totals(study, look, jobs))))


def _knobs(study: Study) -> Table:
    assert study.search is not None
    knobs = study.search.space.knobs
    conditions = ["when"] if any(knob.when for knob in knobs) else []
    rows = [
        [knob.name, _range_text(knob), *([", ".join(map(str, knob.when))] if conditions else [])]
        for knob in knobs
    ]
    heads = ["knob", "range", *conditions]
    return new_table((heads, rows), "", words=heads)


def _range_text(knob: Knob) -> str:
    if isinstance(knob.range, Choice):
        return " | ".join("null" if each is None else str(each) for each in knob.range.options)
    low, high, step = knob.range.low, knob.range.high, knob.range.step
    by = "" if step is None or (isinstance(knob.range, IntRange) and step == 1) else f" by {step:g}"
    return f"{low:g} .. {high:g}{by}{', log' if knob.range.log else ''}"


def _totals(study: Study, look: Preview, jobs: int) -> list[str]:
    lines = [look.total]
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
