"""How a run stands: its summary, its rows, the time left. Nothing trains here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.records.extensions import extensions
from ablate.records.folder import RunFolder, open_folder, planned_cells, read_plan
from ablate.records.history import History, Moment
from ablate.records.rows import rows_of
from ablate.text import Said, Sheet, Shown, duration

EXHAUSTED = "exhausted"  # attribute of a study: why its space has no more suggestions


@dataclass(frozen=True)
class Snapshot:
    """A run folder as it was at one moment: whatever is told of it then agrees."""

    folder: RunFolder
    head: Mapping[str, Any]  # of plan.json, and the `extensions` of its seeds
    moment: Moment
    exhausted: str  # why a search has no more suggestions; empty while it may have


def snapshot(path: str | Path) -> Snapshot:
    """A run folder, read once. Raises RunFolderError."""
    folder = open_folder(path)
    plan, history = {**read_plan(folder), "extensions": extensions(folder)}, History()
    store = folder.store
    if not store.exists():
        from ablate.records.record import Record

        Record.open(folder)  # which says so, or makes one where nothing was begun
    trials, attributes = store.read()
    history.see(trials, store.label)
    moment = history.moment(planned_cells(folder, plan))
    return Snapshot(folder, plan, moment, attributes.get(EXHAUSTED, ""))


@dataclass(frozen=True)
class SearchSummary:
    """How far a search is."""

    ended: int  # cells that count as trials and have had their turn
    trials: int | None  # cells that it may train; None where only hours are counted
    device_hours: float | None  # that it may use
    hours_used: float
    infeasible: int  # suggestions that were over a limit or broke a rule
    repeated: int  # suggestions that equal an earlier one
    exhausted: str  # why nothing more can be suggested; empty while something may
    is_over: bool  # whether the budget is used up or the space exhausted
    pruned_hours: float  # spent on cells that were stopped early
    saved_hours: float  # that these cells would still have taken


@dataclass(frozen=True)
class Summary(Shown):
    """How a run stands. Cells of one key count once."""

    folder: Path
    states: Mapping[str, int]  # state -> cells
    trained: int  # cells that this call trained
    taken_over: int  # cells that it copied from runs beside this one
    reasons: Mapping[str, str]  # label -> why, for holes
    hopeless: int = 0  # failed cells that would fail again as they did
    elsewhere: int = 0  # cells that another call, at work on the same run, finished meanwhile
    search: SearchSummary | None = None
    lost: tuple[str, ...] = ()  # labels of done cells whose files are gone

    @property
    def total(self) -> int:
        """Cells of the plan; of a search those that were suggested."""
        return sum(self.states.values())

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do. In a search an outcome is an answer, in a plan a hole."""
        if self.lost:
            return False
        if self.search is None:
            return self.states.get("done", 0) == self.total
        open_states = ("waiting", "running", "failed")
        return self.search.is_over and not any(self.states.get(s) for s in open_states)

    @property
    def exit_code(self) -> int:
        """0: complete. 3: finished with holes."""
        return 0 if self.is_complete else 3

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        rows = [[state, Said.of(str(number), number)] for state, number in self.states.items()]
        yield Sheet((["state", "cells"], rows), "", words=("state",))
        yield from (f"{label}: {reason}" for label, reason in self.reasons.items())


def summary(
    run: Snapshot,
    trained_since: int | None = None,
    mine: Mapping[str, str | None] | None = None,
    lost: Collection[str] = (),
) -> Summary:
    """How a run stands; `trained_since` is the first trial that counts as now.

    `mine` are the keys of the cells that the caller finished, with the run each was taken from;
    `lost` those that it found damaged, as what is missing alone can be told without reading files.
    """
    cells, attempts = run.moment.by_key, run.moment.attempts
    states: Counter[str] = Counter(attempts[key].state for key in reversed(cells))
    now = [
        key
        for key in cells
        if trained_since is not None
        and (done := attempts[key].done) is not None
        and done.number >= trained_since
    ]
    mine = mine or {}
    taken = sum(source is not None for source in mine.values())
    reasons = {
        cell.label: f"{attempts[key].state}: {attempts[key].reason}".rstrip(": ")
        for key, cell in reversed(cells.items())
        if attempts[key].state not in ("done", "running", "pruned")
        and (attempts[key].reason or attempts[key].state != "waiting")
    }
    without_files = (
        cell.label
        for key, cell in reversed(cells.items())
        if attempts[key].done and (run.folder.cell(key).missing or key in {*lost} - {*now})
    )
    return Summary(
        run.folder.path,
        states,
        trained=len(mine) - taken,
        taken_over=taken,
        reasons=reasons,
        lost=tuple(without_files),
        elsewhere=sum(key not in mine for key in now),
        hopeless=sum(attempts[key].is_hopeless for key in cells),
        search=_of_search(run),
    )


def _of_search(run: Snapshot) -> SearchSummary | None:
    """How far a search is; None of a fixed design."""
    budget = run.head.get("budget")
    if budget is None:
        return None
    cells, attempts = run.moment.planned, run.moment.attempts
    seconds = sum(attempts[cell.key].seconds for cell in cells)
    pruned = [
        (stopped["epoch"], cell.epochs, stopped["seconds"])
        for cell in cells
        if attempts[cell.key].state == "pruned" and (stopped := attempts[cell.key].stopped)
    ]
    spent, saved = saved_share(pruned)
    free = Counter(each.free for each in run.moment.in_order)
    trials, hours = budget["trials"], budget["device_hours"]
    used_up = (trials is not None and len(cells) >= trials) or (
        hours is not None and seconds >= hours * 3600
    )
    open_states = ("waiting", "running", "failed")
    return SearchSummary(
        ended=sum(attempts[cell.key].state not in open_states for cell in cells),
        trials=trials,
        device_hours=hours,
        hours_used=seconds / 3600,
        infeasible=free["infeasible"],
        repeated=free["repeated"],
        exhausted=run.exhausted,
        is_over=used_up or bool(run.exhausted),
        pruned_hours=spent / 3600,
        saved_hours=saved / 3600,
    )


def rows(run: Snapshot) -> list[dict[str, Any]]:
    """A plain row per cell, in plan order."""
    return rows_of(run.moment, run.head)


def seconds_left(run: Snapshot) -> float | None:
    """Device seconds that the cells without an end still need; None where nothing tells.

    From the predicted times, corrected by how long the finished cells took; without predictions
    the arithmetic of a cell stands for its time, which tells only once a cell is finished.
    """
    cells, attempts = run.moment.by_key, run.moment.attempts
    predicted = all(cell.predicted_seconds is not None for cell in cells.values())
    spent = expected = left = 0.0
    for key, cell in reversed(cells.items()):
        weight = (cell.predicted_seconds or 0.0) if predicted else float(cell.macs * cell.epochs)
        if done := attempts[key].done:
            spent += done.result["train_seconds"]
            expected += weight
        elif attempts[key].state in ("waiting", "running", "failed"):
            left += weight * (1 - attempts[key].epoch / cell.epochs)
    left += _of_suggestions_to_come(_of_search(run), len(cells), expected + left)
    if not expected:
        return left if predicted and cells else None
    return left * spent / expected


def _of_suggestions_to_come(search: SearchSummary | None, cells: int, weight: float) -> float:
    """What the cells that a search has yet to suggest weigh, if they are like the `cells` so far.

    Where hours end it that is more than they will come to.
    """
    if search is None or search.is_over or search.trials is None or not cells:
        return 0.0
    return (search.trials - cells) * weight / cells


def saved_share(epochs: Sequence[tuple[int, int, float]]) -> tuple[float, float]:
    """(epoch reached, epochs, seconds spent) of pruned cells -> seconds (spent, saved).

    What an epoch took stands for those that were left out.
    """
    spent = sum(seconds for _, _, seconds in epochs)
    saved = sum(seconds * (whole / reached - 1) for reached, whole, seconds in epochs if reached)
    return spent, saved


def search_line(search: SearchSummary, cells: int) -> str:
    """How much of the budget is used, and what came of it."""
    limited = search.trials is not None and not search.exhausted
    parts = [f"{search.ended} of {search.trials} trials" if limited else f"{search.ended} trials"]
    if begun := cells - search.ended:
        parts[0] += f" and {begun} more begun"
    hours = duration(search.hours_used * 3600)
    if search.device_hours:
        hours += f" of {duration(search.device_hours * 3600)}"
    parts.append(f"{hours} of training")
    free = {"infeasible": search.infeasible, "repeated": search.repeated}
    if without_cost := ", ".join(f"{number} {what}" for what, number in free.items() if number):
        parts.append(f"suggestions that cost none: {without_cost}")
    if search.saved_hours:
        saved, pruned = search.saved_hours * 3600, search.pruned_hours * 3600
        share = saved / (saved + search.hours_used * 3600)
        parts.append(
            f"pruning saved about {duration(saved)} ({share:.0%}) after {duration(pruned)}"
        )
    if search.exhausted:
        parts.append(f"no more to suggest: {search.exhausted}")
    return "; ".join(parts)
