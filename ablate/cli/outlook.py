"""What `run` and `confirm` say before they begin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.text import duration

if TYPE_CHECKING:
    from ablate.records import Plan

# A cell of a search that ended in one of these has had its turn.
ENDED = ("done", "pruned", "oom", "diverged", "timeout")
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


def turns_note(jobs: int, devices: Sequence[str]) -> str:
    """That more cells were asked for than train at full speed; empty where they were not."""
    from ablate.machine import cores

    if any(device != "cpu" for device in devices) or jobs <= cores():
        return ""
    return (
        f"--jobs {jobs}: this machine has {cores()} cores, so {jobs} cells at a time take turns "
        f"and each is slower; without --jobs there are {cores()}"
    )


def done_so_far(path: Path) -> set[str]:
    """Keys of the cells that need no more work; none where the run folder is not there yet."""
    from ablate import analysis
    from ablate.records import RunFolder

    if not RunFolder(path).plan.exists():
        return set()
    results = analysis.trained(path)
    ended, cells = ENDED if results.is_search else ("done",), results.cells
    return set(cells[cells["state"].isin(ended)]["key"])
