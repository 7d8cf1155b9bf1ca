"""Networks -> rows of measurements.csv, one network after the other."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch

from ablate.costs import Quartiles, alternate
from ablate.errors import RecordingFailed
from ablate.machine import Watch, device_name, first_line, memory_of
from ablate.measuring.implementations import count, why_not
from ablate.measuring.options import MeasureOptions
from ablate.measuring.stepping import latency, training_step
from ablate.measuring.subjects import Subject
from ablate.networks import IMPLEMENTATIONS
from ablate.records import Row, read_rows, write_rows
from ablate.study import MEASURED_PRECISIONS
from ablate.training import SHARE_OF_MEMORY, Execution, executing, searching

AT_LEAST = 0.02  # seconds that a clock is read for: shorter calls are repeated
Call = Callable[[], object]
_NO_TIMES: Mapping[str, Any] = {"n": None, "measured_peak_bytes": None} | {
    f"{kind}_seconds{end}": None for kind in ("step", "latency") for end in ("", "_q1", "_q3")
}


@dataclass(frozen=True)
class Event:
    """What goes on, for people to watch."""

    kind: Literal["start", "end"]
    number: int  # of the network, from 1
    total: int
    label: str
    rows: tuple[Row, ...] = ()  # at the end: all of the network's


def measure_networks(
    subjects: Sequence[Subject],
    path: Path,
    options: MeasureOptions,
    *,
    study: str,
    profile: str = "",
    on_event: Callable[[Event], None] = lambda event: None,
) -> list[Row]:
    """Measure what the file at `path` lacks -> its rows for these subjects and conditions.

    The implementations of a network are alternated, but those recorded as CUDA graphs: they are
    timed alone, one after the other, so that the memory of one graph is given back before the next
    is recorded. What slows a machine down for a while may then hit one of them and no other; ratios
    among those alternated are safer. cuDNN looks for the quickest convolutions first (`searching`),
    as when cells train. The file is replaced after each network, so that an end at any moment loses
    one network's rows at most. What cannot be run is a row with its counted bytes, if it has any,
    and the reason. A step is of SGD with Nesterov momentum. Raises MachineError where others use
    the device, unless it may be busy, and RecordingFailed once the file has what was measured
    before; another process can go on from there.
    """
    watch, rows = Watch(options.execution.device), read_rows(path)
    measured: list[Row] = []
    for number, subject in enumerate(subjects, start=1):
        blank = _blank(subject, options.execution, study, profile)
        wanted = [replace(blank, implementation=name) for name in subject.implementations]
        kept = {} if options.again else {row.identity: row for row in rows}
        lacking = [row for row in wanted if row.identity not in kept]
        if lacking:
            on_event(Event("start", number, len(subjects), subject.label))
            others = watch.others()
            if not options.busy:
                watch.check(others)
            with executing(options.execution, seed=0), searching(True):
                new, unfit = _measured(subject, lacking, options)
            new = [replace(row, others=round(others, 3)) if row.n else row for row in new]
            kept |= {row.identity: row for row in new}
            replaced = {row.identity for row in new}
            rows = [*(row for row in rows if row.identity not in replaced), *new]
            write_rows(rows, path)
            if unfit:
                raise unfit
        of_subject = tuple(kept[row.identity] for row in wanted)
        measured += of_subject
        on_event(Event("end", number, len(subjects), subject.label, of_subject))
    return measured


def _blank(subject: Subject, execution: Execution, study: str, profile: str) -> Row:
    """What all rows of a network have in common."""
    from ablate import __version__  # here, as that opens all rooms

    return Row(
        study=study,
        profile=profile,
        network=subject.key,
        variant=subject.variant,
        sweep=subject.sweep,
        implementation="",
        batch_size=subject.batch_size,
        precision=subject.precision,
        device=device_name(execution.device),
        threads=execution.threads,
        torch=torch.__version__,
        ablate=__version__,
    )


def _measured(
    subject: Subject, blanks: Sequence[Row], options: MeasureOptions
) -> tuple[list[Row], RecordingFailed | None]:
    """Rows without numbers -> the same with them, and what made the process unfit for more."""
    device, steps = options.execution.device, options.steps
    rows = {blank.implementation: _counted(subject, blank, device) for blank in blanks}
    for names in _together([name for name, row in rows.items() if not row.reason]):
        for kind in ("step", "latency"):
            able = [name for name in names if not rows[name].reason]
            try:
                rows |= _timed({name: rows[name] for name in able}, subject, kind, device, steps)
            except RecordingFailed as error:  # of one that is alone
                rows |= {n: replace(rows[n], **_NO_TIMES, reason=error.reason) for n in able}
                return [row for row in rows.values() if row.n or row.reason], error
    return list(rows.values()), None


def _together(names: Sequence[str]) -> list[list[str]]:
    """Names that are timed in turn: those that keep no memory of their own between steps.

    A recorded step holds its graph's memory as long as it is there, so it is there alone.
    """
    eager = [name for name in names if not IMPLEMENTATIONS[name].is_captured]
    recorded = [[name] for name in names if IMPLEMENTATIONS[name].is_captured]
    return [eager, *recorded] if eager else recorded


def _timed(
    rows: Mapping[str, Row], subject: Subject, kind: str, device: str, steps: int
) -> dict[str, Row]:
    """Rows by implementation -> the same with seconds, or with the reason why there are none.

    All are made, timed in turn, and gone at the end: whatever fails takes none with it.
    """
    timed, calls = dict(rows), dict[str, Call]()

    def fail(name: str, error: Exception) -> None:
        calls.pop(name, None)
        timed[name] = replace(rows[name], **_NO_TIMES, reason=first_line(error) or "out of memory")

    for name in rows:
        before = _allocated(device)
        try:
            calls[name] = _call(name, subject, kind, device)
            for _ in range(2):  # momentum is there from the second on
                calls[name]()
        except (RuntimeError, MemoryError) as error:  # no memory; no compiler for torch.compile
            fail(name, error)
        else:
            if kind == "step" and (peak := _allocated(device, most=True)) is not None:
                timed[name] = replace(rows[name], measured_peak_bytes=peak - (before or 0))
        _tidy(device)
    taken = alternate(calls, device=device, rounds=steps, warm_up=1, at_least=AT_LEAST, failed=fail)
    for name, seconds in taken.items():
        columns = Quartiles.of(seconds).columns(f"{kind}_seconds")
        short: Any = {key: _short(value) for key, value in columns.items()}
        timed[name] = replace(timed[name], n=steps, **short)
    calls.clear()
    _tidy(device)
    return timed


def _call(name: str, subject: Subject, kind: str, device: str) -> Call:
    how: Any = {"precision": subject.precision, "device": device}
    if kind == "latency":
        return latency(name, subject.architecture, **how)
    return training_step(name, subject.architecture, batch_size=subject.batch_size, **how)


def _counted(subject: Subject, row: Row, device: str) -> Row:
    """A row with counted costs, and with the reason where it cannot be run."""
    name, architecture = row.implementation, subject.architecture
    if why := why_not(name, architecture, device):
        return replace(row, reason=why)
    step = count(name, architecture, subject.batch_size)
    row = replace(
        row,
        params=step.params,
        macs=step.macs // subject.batch_size,
        saved_bytes=step.saved_bytes,
        peak_bytes=step.peak_bytes,
    )
    if subject.precision not in MEASURED_PRECISIONS:
        return replace(row, reason=f"steps of {subject.precision} are not measured")
    room = memory_of(device)
    if step.peak_bytes > SHARE_OF_MEMORY * room:
        needed = f"a step needs {_gib(step.peak_bytes)}"
        return replace(row, reason=f"{needed}, over {SHARE_OF_MEMORY:.0%} of {_gib(room)}")
    return row


def _allocated(device: str, *, most: bool = False) -> int | None:
    """Bytes of tensors on a GPU, now or at most since this was last asked; None elsewhere."""
    kind = torch.device(device)
    if kind.type != "cuda":
        return None
    if most:
        return torch.cuda.max_memory_allocated(kind)
    torch.cuda.reset_peak_memory_stats(kind)
    return torch.cuda.memory_allocated(kind)


def _tidy(device: str) -> None:
    """What is no longer used goes back to the device."""
    gc.collect()
    if torch.device(device).type == "cuda":
        torch.cuda.empty_cache()


def _short(seconds: float) -> float:
    """As many digits as a clock tells."""
    return float(f"{seconds:.5g}")


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
