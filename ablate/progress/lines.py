"""A run while it goes on: its events -> lines of text, and a row for every worker."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.text import Sheet, Shown, duration

if TYPE_CHECKING:
    from ablate.records import Plan

# A cell of a search that ended in one of these has had its turn.
ENDED = ("done", "pruned", "oom", "diverged", "timeout")
HEADS = ("cell", "epoch", "error (%)", "images/s", "left")
LAST = 12  # lines that a notebook goes on showing


def done_so_far(path: Path) -> set[str]:
    """Keys of the cells that need no more work; none where the run folder is not there yet."""
    from ablate import analysis
    from ablate.records import RunFolder

    if not RunFolder(path).plan.exists():
        return set()
    results = analysis.trained(path)
    ended, cells = ENDED if results.is_search else ("done",), results.cells
    return set(cells[cells["state"].isin(ended)]["key"])


class Lines(Shown):
    """The state of every worker, and what was told of cells so far.

    `weights` say how long each cell takes relative to the others, by key; those `before` are done
    already. A search has no weights, as its cells are not known before. `total` cells are in it;
    None where nobody knows how many.
    """

    def __init__(
        self, weights: Mapping[str, float], before: Collection[str], total: int | None
    ) -> None:
        self.weights, self.before = weights, frozenset(before)
        self.total = total
        self.done = set(self.before)
        self.workers: dict[int, dict[str, Any]] = {}
        self.ended: set[str] = set()
        self.notes: set[str] = set()
        self.told: list[str] = []
        self.start = time.monotonic()

    @classmethod
    def of(cls, plan: Plan, path: Path) -> Lines:
        """Of a plan that is about to be trained in a run folder."""
        weights = {cell.key: cell.predicted_seconds or 1.0 for cell in plan.cells}
        return cls(weights, done_so_far(path), plan.most_cells)

    def hear(self, event: Mapping[str, Any]) -> str:
        """A line for every note, warning, cell that ends or lost its files, worker that dies.

        Empty for any other event.
        """
        if line := self._line(event):
            self.told.append(line)
        return line

    def _line(self, event: Mapping[str, Any]) -> str:
        kind = event["kind"]
        if kind == "note":
            is_new = event["note"] not in self.notes  # each round of a path tells it again
            self.notes.add(event["note"])
            return f"images: {event['note']}" if is_new else ""
        if kind == "lost":
            self.before -= {event["key"]}
            self.done.discard(event["key"])
            return f"{event['label']}: {event['reason']}; it is trained again"
        if kind == "epoch":
            return ""
        slot = event["slot"]
        if kind in ("start", "progress"):
            self.workers[slot] = dict(event)
            return ""
        if kind == "warned":
            return f"{event['label']}: {event['reason']}"
        self.workers.pop(slot, None)
        if kind == "end":
            self.ended.add(event["key"])
        if kind == "died":
            what = event["label"] or f"worker {slot}"
            return f"{what}: {event['reason']}; it is taken up again"
        return self._end(event)

    def _end(self, event: Mapping[str, Any]) -> str:
        if event["state"] == "done":
            self.done.add(event["key"])  # told again where the record was away the first time
            source = f", from {event['source']}" if event.get("source") else ""
            return f"{self._count()} {event['label']}: error {event['error']:.2f} %{source}"
        text = f"{event['label']}: {event['state']}: {event['reason']}"
        if self.weights:
            return text
        self.done.add(event["key"])  # a search, in which every end counts
        return f"{self._count()} {text}"

    def _count(self) -> str:
        return f"[{len(self.done)}/{'?' if self.total is None else self.total}]"

    def caption(self) -> str:
        """How many cells are done, and how long the rest will take at the pace so far."""
        text = f"{len(self.done)} of {'?' if self.total is None else self.total} cells done"
        elapsed = time.monotonic() - self.start
        if not self.weights:
            return text + self._left_of_search(elapsed)
        # A key without a weight is of a plan that another run has extended meanwhile.
        worked = sum(self.weights.get(key, 0.0) for key in self.ended)
        if not worked:
            return text
        left = sum(w for key, w in self.weights.items() if key not in self.ended | self.before)
        return f"{text}, about {duration(elapsed * left / worked)} left" if left else text

    def _left_of_search(self, elapsed: float) -> str:
        """At the pace so far, every cell being like the others."""
        if not self.ended or self.total is None:
            return ""
        to_come = max(0, self.total - len(self.before) - len(self.ended))
        pace = elapsed / len(self.ended)
        return f", about {duration(pace * to_come)} left" if to_come else ""

    def rows(self) -> list[list[str]]:
        """A line per worker: cell, epoch, error, images/s, time left."""
        return [_worker_line(self.workers[slot]) for slot in sorted(self.workers)]

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        yield from self.told[-LAST:]
        if self.workers:
            yield Sheet((list(HEADS), self.rows()), "")
        yield self.caption()


def _worker_line(event: dict[str, Any]) -> list[str]:
    if event["kind"] == "start":
        return [event["label"], "starting", "", "", ""]
    progress = event["progress"]
    return [
        event["label"],
        f"{progress.epoch:.1f}/{progress.epochs}",
        "" if progress.error is None else f"{progress.error:.2f}",
        f"{progress.images_per_second:,.0f}",
        duration(progress.seconds_left),
    ]
