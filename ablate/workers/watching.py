"""A cell while it trains: what it reports to the record, and whether it is worth finishing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import optuna

from ablate.cells import METRICS, PlannedCell
from ablate.errors import Pruned
from ablate.records import Record
from ablate.sampling import Rung, is_behind, margin_at, rung_at
from ablate.study import StudyFile
from ablate.text import points_text
from ablate.training import Epoch

log = logging.getLogger("ablate")


class Watch:
    """Told of every epoch of one attempt at a cell."""

    def __init__(
        self,
        record: Record,
        trial: optuna.Trial,
        planned: PlannedCell,
        file: StudyFile,
        devices: int = 1,  # that train it together
        tell: Callable[[Mapping[str, Any]], None] = lambda row: None,  # rows of the curve
    ) -> None:
        self.record, self.trial, self.planned = record, trial, planned
        self.tell, self.objectives, self.pruner = tell, file.objectives, file.pruner
        self.devices = {"devices": devices} if devices > 1 else {}
        self.seconds = 0.0
        self.before: float | None = None  # the error of the epoch before
        # One that is done is here for the files that it lost, which it has only at its end.
        self.may_stop = record.attempts()[planned.key].done is None

    def see(self, epoch: Epoch) -> None:
        """Write an epoch down. Raises Pruned where its pruner had better stop the cell."""
        log.info("%s", epoch)
        self.tell(asdict(epoch))
        before, self.before = self.before, epoch.error
        self.seconds += epoch.seconds
        reached = {
            "epoch": epoch.epoch,
            "error": epoch.error,
            "loss": epoch.loss,
            "seconds": self.seconds,
            **self.devices,
        }
        self.record.note(self.trial, reached=reached)
        if len(self.objectives) == 1:  # Optuna takes no reports for several
            value = epoch.loss if "loss" in self.objectives else epoch.error
            # NaN where the split was not looked at.
            self.record.report(self.trial, math.nan if value is None else value, epoch.epoch)
        if not self.may_stop or epoch.epoch >= self.planned.epochs or epoch.error is None:
            return
        name = self.pruner.name
        if name == "pareto":
            self._compare(epoch.epoch, epoch.error, before)
        elif name != "none" and self.record.should_prune(self.trial):
            raise Pruned(f"{self._where(epoch.epoch, epoch.error)} by {name}")

    def _compare(self, epoch: int, error: float, before: float | None) -> None:
        """The `pareto` pruner, at the rungs."""
        number = rung_at(epoch, self.planned.epochs)
        if number is None:
            return
        # A cell that goes on from a checkpoint does not know the epoch before that.
        changes = {} if before is None else {number: error - before}
        self.record.note(self.trial, rungs={number: error}, changes=changes)
        mine = Rung(self._costs(self.planned), error, changes.get(number))
        others = list(self._others(number))
        margin, neighbours = self.pruner.margin, self.pruner.neighbours
        margin = margin_at([mine, *others]) if margin is None else margin
        if is_behind(mine, others, margin=margin, neighbours=neighbours):
            raise Pruned(
                f"{self._where(epoch, error)}; {neighbours} cells no dearer were more than "
                f"{points_text(round(margin, 2))} better there"
            )

    def _where(self, epoch: int, error: float) -> str:
        return f"stopped at epoch {epoch} of {self.planned.epochs} with an error of {error:.2f} %"

    def _others(self, number: int) -> Iterator[Rung]:
        """Every other cell at the same rung, each once, however it went on."""
        seen = {self.planned.key}
        for other in reversed(self.record.attempts_in_order()):
            error = other.rungs.get(number)
            if error is not None and other.cell and other.key not in seen:
                seen.add(other.key)
                yield Rung(self._costs(other.cell), error, other.changes.get(number))

    def _costs(self, planned: PlannedCell) -> tuple[float, ...]:
        """The cost objectives that are known before training, as numbers of which less is better.

        Training time is an objective that no two cells can be compared by before they end.
        """
        signs = {"minimize": 1, "maximize": -1}
        return tuple(
            signs[direction] * float(getattr(planned, name))
            for name, direction in self.objectives.items()
            if METRICS[name].is_cost and hasattr(planned, name)
        )
