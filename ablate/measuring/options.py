"""Where and how networks are measured: what `measure` is told beside whose step it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from ablate.errors import UsageError
from ablate.machine import check_device
from ablate.training import Execution


@dataclass(frozen=True)
class MeasureOptions:
    """Where and how networks are measured.

    Raises UsageError for a value that no measurement can have, MachineError for a device that is
    not here.
    """

    execution: Execution = field(default_factory=Execution)  # its device and threads
    steps: int = 10  # rounds that are timed
    again: bool = False  # what was measured before, too
    busy: bool = False  # though others use the device; their share is recorded

    def __post_init__(self) -> None:
        check_device(self.execution.device)
        if self.steps < 1:
            raise UsageError(f"--steps: must be >= 1, got {self.steps}")
