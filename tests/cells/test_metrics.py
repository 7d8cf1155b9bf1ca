"""The registry of metrics."""

from __future__ import annotations

from ablate.cells import COSTS, METRICS


def test_every_metric_is_known_by_its_column() -> None:
    assert all(name == metric.name for name, metric in METRICS.items())


def test_costs_are_known_without_training_well() -> None:
    assert COSTS == (
        "params",
        "macs",
        "flops",
        "saved_bytes",
        "peak_bytes",
        "train_seconds",
        "step_seconds",
        "latency_seconds",
    )


def test_an_axis_has_its_unit_and_says_what_is_counted() -> None:
    assert METRICS["error"].axis == "error (%)"
    assert METRICS["params"].axis == "parameters"
    assert "2 per MAC" in METRICS["flops"].axis
