"""What a measurement gives: rows of numbers, and the conditions they were taken under."""

from __future__ import annotations

import csv
import io
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from ablate.costs import Quartiles
from ablate.machine import device_name, write_text

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Findings:
    """A table. Columns end in their unit; `ratio` columns say how many times as fast, or small."""

    title: str
    rows: Sequence[Row]
    conditions: Row = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)  # contender -> why

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "title": self.title,
            "conditions": dict(self.conditions),
            "rows": [dict(row) for row in self.rows],
            "left_out": dict(self.left_out),
        }

    def write_csv(self, path: Path) -> None:
        """Rows with their conditions, so that a line of the file stands for itself."""
        rows = [{**row, **self.conditions} for row in self.rows]
        columns = list(dict.fromkeys(column for row in rows for column in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _short(value) for name, value in row.items()} for row in rows)
        write_text(path, text.getvalue())


def _short(value: Any) -> Any:
    """Four digits of what was measured; what was counted is exact."""
    return f"{value:.4g}" if isinstance(value, float) else value


def conditions(device: str | torch.device, **more: Any) -> dict[str, Any]:
    """Device, threads and versions, and `more` of the benchmark's own."""
    found = {
        **more,
        "device": device_name(str(device)),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        **{package: version(package) for package in ("torchvision", "timm") if find_spec(package)},
        "date": date.today().isoformat(),
    }
    return found


def processor(facts: Path = Path("/proc/cpuinfo")) -> str:
    """The CPU's model, by which ratios differ: as Linux tells it, elsewhere the platform."""
    try:
        text = facts.read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    found = dict(re.findall(r"^(model name|cpu family|model)\s*:\s*(.+)$", text, re.MULTILINE))
    if not found:
        return platform.machine()
    numbers = [f"{name} {found[name]}" for name in ("cpu family", "model") if name in found]
    return ", ".join([found.get("model name", platform.machine()), *numbers])


def speed(
    taken: Mapping[str, Sequence[float]], name: str, references: Sequence[str]
) -> dict[str, float]:
    """A contender's seconds per round -> median and quartiles, and those of the ratios.

    A ratio is a reference's seconds over the contender's in the same round: 2 is twice as fast.
    """
    row = Quartiles.of(taken[name]).columns("seconds")
    for reference in references:
        if reference in taken and reference != name:
            pairs = zip(taken[reference], taken[name], strict=True)
            ratios = Quartiles.of([theirs / ours for theirs, ours in pairs])
            row |= ratios.columns(f"ratio_{reference}")
    return row
