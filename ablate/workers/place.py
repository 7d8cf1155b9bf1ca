"""Where a worker trains: its device as the record knows it, and what cells need there."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ablate.cells import DatasetFacts, PlannedCell
from ablate.machine import device_id, device_name, memory_of
from ablate.records import Attempt, Attempts
from ablate.training import SHARE_OF_MEMORY, Execution
from ablate.workers.packing import (
    Device,
    Needs,
    PerDevice,
    alike,
    predicted_need,
    running_on,
)

Need = Callable[[PlannedCell], int | None]


@dataclass(frozen=True)
class Place:
    """A device of this host, and how many cells share it."""

    execution: Execution
    per_device: PerDevice
    facts: Callable[[], DatasetFacts]  # of the images that lie on it
    memory: int | None = None  # bytes of the device; None: as it says itself

    @cached_property
    def id(self) -> str:
        return device_id(self.execution.device)

    def device(self, attempts: Sequence[Attempt]) -> Device:
        """The device with the cells that run there; the dead must have been reaped."""
        running = running_on(attempts, socket.gethostname(), self.id)
        needs = tuple(each.need for each in running)
        if self.per_device != "auto":
            return Device(most=self.per_device or math.inf, needs=needs)
        memory = self.memory or memory_of(self.execution.device)
        return Device(memory=SHARE_OF_MEMORY * memory, needs=needs)

    @cached_property
    def _needs(self) -> Needs:
        return Needs()

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Key of a cell -> what `alike` says of it here."""
        return {}

    def need(self, planned: Mapping[str, PlannedCell], attempts: Mapping[str, Attempts]) -> Need:
        """What a cell of the plan takes of the device: bytes where they count, None for all of it.

        What a cell that is alike took before goes above what is predicted.
        """
        counts = self.per_device == "auto"
        if counts:
            self._needs.see(planned, attempts)

        def need(cell: PlannedCell) -> int | None:
            if attempts[cell.key].is_crowded_out:
                return None
            if not counts:
                return 0
            taken = self._needs.bytes_of.get(self._kind(cell))
            return predicted_need(cell.peak_bytes, self.facts()) if taken is None else taken

        return need

    def _kind(self, cell: PlannedCell) -> str:
        if cell.key not in self._kinds:
            how = self.execution.fitted(cell.peak_bytes).document()
            self._kinds[cell.key] = alike(cell, how, device_name(self.execution.device))
        return self._kinds[cell.key]
