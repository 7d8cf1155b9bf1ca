"""The one registry of metrics: what objectives, limits, axes and tables may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Metric:
    """A number a cell has."""

    name: str  # column of results()
    label: str  # axes and table heads, without unit
    unit: str  # "" for counts
    direction: Literal["minimize", "maximize"]
    is_cost: bool  # known of the network or its training, not of how well it does

    @property
    def axis(self) -> str:
        """Label and unit, for an axis."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("error", "error", "%", "minimize", is_cost=False),
        Metric("loss", "loss", "nats", "minimize", is_cost=False),
        Metric("params", "parameters", "", "minimize", is_cost=True),
        Metric("macs", "MACs per image", "", "minimize", is_cost=True),
        Metric("flops", "FLOPs per image, 2 per MAC", "", "minimize", is_cost=True),
        Metric("saved_bytes", "activations saved by a step", "bytes", "minimize", is_cost=True),
        Metric("peak_bytes", "training memory", "bytes", "minimize", is_cost=True),
        Metric("train_seconds", "training time", "s", "minimize", is_cost=True),
    )
}
COSTS = tuple(name for name, metric in METRICS.items() if metric.is_cost)
