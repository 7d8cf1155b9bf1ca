"""The record -> plain rows, what `results()` is made from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from ablate.cells import MORE_ERRORS, PlannedCell
from ablate.records.attempt import Attempt
from ablate.records.attempts import Attempts
from ablate.records.history import Moment


def rows_of(moment: Moment, head: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row per cell, in the order of the plan.

    A search's are in the order of its suggestions, those that cost no training among them; a
    suggestion that was made before has no row of its own.
    """
    rows = [_of_cell(cell, moment.attempts[cell.key], head) for cell in moment.planned]
    refused = {
        repr(attempt.knobs): attempt
        for attempt in reversed(moment.in_order)
        if attempt.free == "infeasible"
    }
    rows += [_of_refused(attempt, head) for attempt in refused.values()]
    # Stable: the cells of a fixed design have no number.
    return sorted(rows, key=lambda row: row["trial"] or 0)


def _of_cell(cell: PlannedCell, attempts: Attempts, head: Mapping[str, Any]) -> dict[str, Any]:
    result = attempts.done.result if attempts.done else {}
    return {
        "study": head["study"],
        "profile": head["profile"],
        "key": cell.key,
        "variant": cell.variant,
        **{key: cell.sweep.get(key) for key in head["sweep_keys"]},
        "seed": cell.seed,
        "trial": cell.trial,
        "state": attempts.state,
        "reason": attempts.reason,
        "attempts": attempts.begun,
        "split": cell.split,
        "epochs": cell.epochs,
        "error": result.get("error"),
        "loss": result.get("loss"),
        **{name: result[name] for name in MORE_ERRORS if name in result and _says(name, cell)},
        "stopped_epoch": attempts.stopped.get("epoch"),
        "stopped_error": attempts.stopped.get("error"),
        "params": cell.params,
        "macs": cell.macs,
        "flops": cell.flops,
        "saved_bytes": cell.saved_bytes,
        "peak_bytes": cell.peak_bytes,
        # What was spent on a cell that was stopped counts as well.
        "train_seconds": result.get("train_seconds", attempts.stopped.get("seconds")),
        "shared_by": attempts.done.shared_by if attempts.done else None,
        **_of_devices(result),
        "device": result.get("device"),
        "torch": result.get("torch"),
        "ablate": result.get("ablate"),
        "data_note": result.get("data_note"),
        "data_sha256": result.get("data_sha256"),
        "split_sha256": result.get("split_sha256"),
        **_of_match(cell, head),
    }


def _of_devices(result: Mapping[str, Any]) -> dict[str, int]:
    """How many trained it together, where it was more than one."""
    devices: int = result.get("execution", {}).get("devices_per_cell", 1)
    return {"devices_per_cell": devices} if devices > 1 else {}


def _says(error: str, cell: PlannedCell) -> bool:
    """Whether it can be anything but zero: among five classes the first five guesses are all."""
    classes: int = cell.cell.get("architecture", {}).get("classes") or sys.maxsize
    return "top5" not in error or classes > 5


def _of_match(cell: PlannedCell, head: Mapping[str, Any]) -> dict[str, Any]:
    """What was reached, and by which values of the solved settings; nothing without a match."""
    keys = head.get("matched_keys")
    if not keys:
        return {}
    knobs = cell.matched.get("knobs", {})
    return {
        "matched_value": cell.matched.get("value"),
        **{f"matched_{key}": knobs.get(key) for key in keys},
    }


def _of_refused(attempt: Attempt, head: Mapping[str, Any]) -> dict[str, Any]:
    """A suggestion over a limit has its costs; one that cannot be built has none."""
    cell = attempt.cell
    row = _of_cell(cell, Attempts(), head) if cell else _empty(attempt, head)
    return row | {
        "trial": attempt.suggestion,
        "state": "infeasible",
        "reason": attempt.reason,
    }


def _empty(attempt: Attempt, head: Mapping[str, Any]) -> dict[str, Any]:
    nothing = PlannedCell(
        variant=head["study"],
        sweep=attempt.knobs,
        seed=attempt.seed or 0,
        key="",
        split="validation",
        epochs=0,
        params=0,
        macs=0,
        flops=0,
        saved_bytes=0,
        peak_bytes=0,
        predicted_seconds=None,
    )
    unknown = ("key", "epochs", "params", "macs", "flops", "saved_bytes", "peak_bytes")
    return _of_cell(nothing, Attempts(), head) | dict.fromkeys(unknown)
