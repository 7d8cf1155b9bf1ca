"""Where and how cells train: what `run` and `confirm` are told beside what is to be trained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ablate.cells import RETRIABLE
from ablate.errors import UsageError
from ablate.loggers import Makers
from ablate.machine import (
    check_device,
    cores,
    data_root,
    default_devices,
    leave_if_unguarded,
)
from ablate.storage import checked
from ablate.training import Execution
from ablate.workers.hanging import Limits
from ablate.workers.packing import PerDevice

MOST_JOBS = 1024  # processes: more would end the machine and not the study
MOST_ON_A_DEVICE = 8  # workers for a GPU whose memory says how many cells may train
MOST_LOADERS = 16  # processes that read images for a worker: a GPU has no use for more


@dataclass(frozen=True)
class RunOptions:
    """Where and how cells train: images, devices, workers, outcomes that are tried again.

    No part of any cell's key.

    Raises UsageError for a value that no run can have, MachineError for a device that is not here.
    """

    data_root: Path  # folder of the datasets
    download: bool = False  # what is missing there
    devices: tuple[str, ...] = ("cpu",)
    jobs: int = 1  # workers, spread over the devices; 0: this process trains, on the first of them
    per_device: PerDevice = None  # cells that share a GPU; auto: as many as its memory holds
    execution: Execution = field(default_factory=Execution)  # of a cell; its worker sets the device
    retry: tuple[str, ...] = ()  # outcomes of earlier runs that get another attempt
    storage: str | None = None  # address of the server that is to have the record; None: a file
    cache: Path | None = None  # folder of counted costs; None: the user's, once a run begins
    log: Makers = ()  # of the parent, whose workers hear nothing of them
    limits: Limits = field(default_factory=Limits)  # after which a worker hangs

    def __post_init__(self) -> None:
        if isinstance(self.per_device, int) and self.per_device < 1:
            raise UsageError(f"--per-device: must be >= 1 or auto, got {self.per_device}")
        if self.per_device and "cpu" in self.devices:
            raise UsageError(
                "--per-device: is for GPUs; on the CPU --jobs says how many cells train"
            )
        if not 0 <= self.jobs <= MOST_JOBS:
            raise UsageError(f"--jobs: must be >= 0 and <= {MOST_JOBS}, got {self.jobs}")
        if unknown := [state for state in self.retry if state not in RETRIABLE]:
            raise UsageError(f"--retry: one of {', '.join(RETRIABLE)}, got {', '.join(unknown)}")
        if self.storage is not None:
            checked(self.storage)
        if not self.devices:
            raise UsageError("--devices: at least one")
        for device in self.devices:
            check_device(device)
        self._check_devices_per_cell()

    @property
    def notes(self) -> list[str]:
        """What is to be known of how cells are about to train."""
        together = self.execution.devices_per_cell
        turns = turns_note(self.jobs, self.devices, together)
        return [note for note in (sharing_note(together), turns) if note]

    def _check_devices_per_cell(self) -> None:
        """Raise UsageError where cells of several devices have none to themselves."""
        wanted, here = self.execution.devices_per_cell, len(set(self.devices))
        if wanted == 1:
            return
        option = f"--devices-per-cell {wanted}"
        if self.per_device not in (None, 1):
            raise UsageError(f"{option}: such cells share no device; leave out --per-device")
        kinds = {device.partition(":")[0] for device in self.devices}
        if kinds == {"cpu"}:
            return
        if kinds != {"cuda"}:
            raise UsageError(
                f"{option}: is for CUDA GPUs or the CPU, and --devices for one of them"
            )
        if here % wanted or here < len(self.devices):
            most = here - here % wanted
            write = f"--devices with {most} of them" if most else f"--devices-per-cell {here}"
            raise UsageError(
                f"{option}: needs {wanted} different GPUs for every cell, and --devices has "
                f"{here}; write {write}"
            )
        if self.jobs > here // wanted:
            raise UsageError(
                f"{option}: {here} devices train {here // wanted} cells at a time; write "
                f"--jobs {here // wanted}, or leave it out"
            )

    @property
    def processes(self) -> int:
        """That train at a time."""
        return max(1, self.jobs) * self.execution.devices_per_cell

    @property
    def teams(self) -> list[tuple[str, ...]]:
        """The devices of each cell that trains at a time; on the CPU one of any number."""
        together = self.execution.devices_per_cell
        if together > 1 and set(self.devices) == {"cpu"}:
            return [("cpu",) * together]
        return [self.devices[n : n + together] for n in range(0, len(self.devices), together)]

    @classmethod
    def of(
        cls,
        data: str | Path | None = None,
        *,
        download: bool = False,
        devices: Sequence[str] | None = None,
        jobs: int | None = None,
        per_device: PerDevice = None,
        execution: Execution | None = None,
        retry: Collection[str] = (),
    ) -> RunOptions:
        """What the keywords of a verb mean on this machine; None: what suits it.

        A worker in the making, whose script has come to its own call of the verb, ends here.
        """
        leave_if_unguarded()
        devices = tuple(devices or default_devices())
        execution = execution or Execution()
        together = execution.devices_per_cell
        return cls(
            data_root(data),
            download,
            devices,
            default_jobs(devices, per_device, together) if jobs is None else jobs,
            per_device,
            execution,
            tuple(retry),
        )

    def of_worker(self, slot: int) -> RunOptions:
        """Those of one worker: its devices, and its share of the cores for reading images.

        A CPU cell has one core, on which it may as well read its images itself; without workers no
        process is started to read them either.
        """
        devices, loaders = self.teams[slot % len(self.teams)], self.execution.loaders
        if loaders == "auto":
            reads_itself = devices[0] == "cpu" or self.jobs == 0
            share = cores() // max(1, self.jobs * len(devices))
            loaders = 0 if reads_itself else max(1, min(MOST_LOADERS, share))
        execution = replace(self.execution, device=devices[0], loaders=loaders)
        jobs = min(self.jobs, 1)
        return replace(self, devices=devices, jobs=jobs, execution=execution, log=())


def default_jobs(
    devices: Sequence[str], per_device: PerDevice = None, devices_per_cell: int = 1
) -> int:
    """A worker per core where cells train on the CPU, else `per_device` on each, or one.

    Where several devices, or cores, train a cell together, there is one for all of them.

    With `auto` there are as many as could ever be of use. A worker keeps a core busy with launching
    kernels, and processes on one GPU take turns: a few fill every gap between small kernels, more
    only slow each other down.
    """
    if all(device == "cpu" for device in devices):
        return max(1, min(MOST_JOBS, cores() // devices_per_cell))
    if per_device == "auto":
        per_device = max(1, min(MOST_ON_A_DEVICE, cores() // len(devices)))
    return max(1, min(MOST_JOBS, len(devices) * (per_device or 1) // devices_per_cell))


def sharing_note(devices_per_cell: int) -> str:
    """What holds where several devices train a cell together; empty where one does."""
    if devices_per_cell == 1:
        return ""
    return (
        f"--devices-per-cell {devices_per_cell}: the keys of one device, and its results up to "
        "rounding; with dropout or random paths equal to them in law only"
    )


def turns_note(jobs: int, devices: Sequence[str], devices_per_cell: int = 1) -> str:
    """That more cells were asked for than train at full speed; empty where they were not."""
    if any(device != "cpu" for device in devices) or jobs * devices_per_cell <= cores():
        return ""
    if devices_per_cell > 1:
        return (
            f"--jobs {jobs}, {devices_per_cell} processes each: this machine has {cores()} cores, "
            "so they take turns and each cell is slower"
        )
    return (
        f"--jobs {jobs}: this machine has {cores()} cores, so {jobs} cells at a time take turns "
        f"and each is slower; without --jobs there are {cores()}"
    )
