"""What is said of a run before it begins, and as it stands: its states, holes, budget."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.cli.console import complain
from ablate.text import duration

if TYPE_CHECKING:
    from ablate.page import Told
    from ablate.records import Plan, Summary

LONG = 600.0  # seconds of training beside which those of starting count for nothing


def outlook(planned: Plan, before: set[str], jobs: int, devices: Sequence[str]) -> str:
    """How much there is to do, and how much of it is done."""
    search = planned.study.search
    if not planned.is_open:
        left = _forecast(planned, before, jobs, devices)
        return f"{len(planned.keys)} cells, {len(before)} of them done{left}"
    if search is None:
        what = "seeds that race, in" if planned.study.file.race else "a path of"
        return f"{what} at most {planned.most_cells} cells, {len(before)} of them done"
    trials, hours = planned.most_cells, search.budget.device_hours
    budget = [f"{trials} trials"] if trials is not None else []
    budget += [f"{hours:g} device hours"] if hours else []
    wanted, name = " and ".join(search.objectives), search.sampler.name
    return f"a search for {wanted} by {name}, {len(before)} of {' or '.join(budget)}"


def _forecast(planned: Plan, before: set[str], jobs: int, devices: Sequence[str]) -> str:
    """How long the rest will take; a person who sees days will think of a profile."""
    from ablate.machine import parallel

    times = {c.key: c.predicted_seconds or 0.0 for c in planned.cells if c.key not in before}
    seconds = sum(times.values()) / parallel(jobs, devices)
    if not seconds:
        return ""
    # What no step takes part in: spawning processes, importing torch, reading images.
    starting = " and some seconds to start" if seconds < LONG else ""
    return f", about {duration(max(seconds, 1.0))} of training left{starting}"


def print_reasons(summary: Summary) -> None:
    """A line on standard error for every hole: which cell, and why; and what lost its files."""
    from ablate.progress import reason_lines

    for line in reason_lines(summary):
        complain(line)


def ending(summary: Summary) -> str:
    """The last line: that a run is complete and what was done for it, or how to fill its holes."""
    if not summary.is_complete:
        lost = f", {len(summary.lost)} of them without files" if summary.lost else ""
        return f"holes: {_states(summary)}{lost}; {_way_on(summary)}"
    if summary.search:
        return "complete: nothing to train"
    idle = "trained none" if summary.elsewhere else "nothing to train"
    what = [f"trained {summary.trained}" if summary.trained else idle]
    if summary.taken_over:
        what.append(f"{summary.taken_over} taken over from neighbouring runs")
    if summary.elsewhere:
        what.append(f"{summary.elsewhere} by another run of the study meanwhile")
    return ", ".join([f"complete: {summary.total} of {summary.total} cells are done", *what])


def _states(summary: Summary) -> str:
    return ", ".join(f"{number} {state}" for state, number in summary.states.items())


def _way_on(summary: Summary) -> str:
    """How to fill the holes: failures are retried anyway, outcomes only on request."""
    from ablate.cells import RETRIABLE

    outcomes = [f"--retry {state}" for state in RETRIABLE if summary.states.get(state)]
    if outcomes:
        return f"run again with {' '.join(outcomes)} to try them again"
    holes = summary.total - summary.states.get("done", 0)
    if summary.lost or summary.hopeless < holes:
        return "run again"
    return "another run would fail as this one did: change what the reason above names"


def write_page(told: Told) -> Path | None:
    """The page, where it can be written: a run that has trained does not fail for want of it."""
    from ablate.page import written

    try:
        return written([told])
    except Exception as error:  # whatever it is, the cells are done and the answer is told
        complain(f"{told.folder / 'report.html'}: was not written: {error or type(error).__name__}")
        return None
