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
    # On the meta device before anything runs; of a run; of a run with images that stream from
    # files; or by `ablate measure`, afterwards.
    source: Literal["counted", "trained", "streamed", "measured"] = "trained"

    @property
    def axis(self) -> str:
        """Label and unit, for an axis."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


def _counted(name: str, label: str, unit: str = "") -> Metric:
    return Metric(name, label, unit, "minimize", is_cost=True, source="counted")


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
        _counted("flops", "FLOPs per image, 2 per MAC"),
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

# Columns of the tables, beside which a design's factors become columns.
COLUMNS = frozenset(
    (
        *("study", "profile", "key", "variant", "seed", "trial", "state", "reason", "attempts"),
        *("split", "epochs", "loss", "stopped_epoch", "stopped_error", "device", "torch"),
        "shared_by",
        *(
            "ablate",
            "data_note",
            "data_sha256",
            "n",
            "holes",
            "states",
            "sd",
            "low",
            "high",
            "is_baseline",
        ),
        *("n_pairs", "difference", "difference_low", "difference_high", "p", "step"),
        *("factor", "level", "label", "line", "cost", "on_front"),
        *METRICS,
    )
)
