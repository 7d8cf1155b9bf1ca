"""The one registry of metrics: what objectives, limits, axes and tables may name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ablate.errors import UsageError
from ablate.text import nearest


@dataclass(frozen=True)
class Metric:
    """A number a cell has."""

    name: str  # column of results()
    label: str  # sentences and table heads, without unit
    unit: str  # "" for counts
    direction: Literal["minimize", "maximize"]
    is_cost: bool  # known of the network or its training, not of how well it does
    # On the meta device before anything runs; of a run; of a run with images that stream from
    # files; or by `ablate measure`, afterwards.
    source: Literal["counted", "trained", "streamed", "measured"] = "trained"
    counting: str = ""  # how it is counted, where papers differ

    @property
    def full_label(self) -> str:
        """With how it is counted, for where it is the only one that says so."""
        return ", ".join(filter(None, [self.label, self.counting]))

    @property
    def axis(self) -> str:
        """Label and unit, for an axis."""
        return f"{self.full_label} ({self.unit})" if self.unit else self.full_label


def _counted(name: str, label: str, unit: str = "", counting: str = "") -> Metric:
    return Metric(name, label, unit, "minimize", True, "counted", counting)


def _more(name: str, label: str) -> Metric:
    return Metric(name, label, "%", "minimize", is_cost=False, source="streamed")


def _measured(name: str, label: str) -> Metric:
    return Metric(name, label, "s", "minimize", is_cost=True, source="measured")


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("error", "error", "%", "minimize", is_cost=False),
        Metric("loss", "loss", "nats", "minimize", is_cost=False),
        _more("top5_error", "top-5 error"),
        _more("ten_crop_error", "10-crop error"),
        _more("ten_crop_top5_error", "10-crop top-5 error"),
        _counted("params", "parameters"),
        _counted("macs", "MACs per image"),
        _counted("flops", "FLOPs per image", counting="2 per MAC"),
        _counted("saved_bytes", "activations saved by a step", "bytes"),
        _counted("peak_bytes", "training memory", "bytes"),
        Metric("train_seconds", "training time", "s", "minimize", is_cost=True),
        _measured("step_seconds", "time of a training step"),
        _measured("latency_seconds", "latency of one image"),
    )
}
# Errors beside `error` that only some cells have.
MORE_ERRORS = tuple(name for name, metric in METRICS.items() if metric.source == "streamed")
COSTS = tuple(name for name, metric in METRICS.items() if metric.is_cost)
QUALITY = tuple(n for n, m in METRICS.items() if m.source == "trained" and not m.is_cost)
# Costs that are counted before anything trains.
COUNTED = tuple(name for name, metric in METRICS.items() if metric.source == "counted")
# What every cell has once it is trained, so that a search can go by it.
AIMS = tuple(name for name, m in METRICS.items() if m.source in ("counted", "trained"))


def check_cost(cost: str) -> None:
    """Raise UsageError for a metric that is no cost."""
    if cost not in COSTS:
        raise UsageError(f"cost: unknown cost `{cost}`{nearest(cost, COSTS)}")


def parse_reference(text: str, objectives: Mapping[str, str]) -> dict[str, float]:
    """`error=20,params=1e6`, a hypervolume's reference -> numbers by objective."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in objectives:
            hint = nearest(name, objectives)
            raise UsageError(f"reference: `{name}` is no objective of this search{hint}")
        try:
            found[name] = float(number)
        except ValueError:
            found[name] = math.nan
        if not math.isfinite(found[name]) or (name in COSTS and found[name] <= 0):
            rule = "a number > 0" if name in COSTS else "a number"
            raise UsageError(f"reference: {name} must be {rule}, got {number!r}")
    if found and len(objectives) == 1:
        raise UsageError("reference: a search with one objective has no hypervolume")
    return found
