"""A cell of a study with what is known of it before it trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ablate.text import show


@dataclass(frozen=True)
class PlannedCell:
    """A cell of a study with what is known of it before it trains."""

    variant: str
    sweep: Mapping[str, Any]
    seed: int
    key: str
    split: str
    epochs: int
    params: int
    macs: int  # per image
    flops: int  # per image, 2 per MAC
    saved_bytes: int  # of a training step at the recipe's batch size
    peak_bytes: int
    predicted_seconds: float | None  # None where no device was measured
    cell: Mapping[str, Any] = field(default_factory=dict)  # `Cell.document()`: what a worker trains
    trial: int | None = None  # in a search: the suggestion's number
    matched: Mapping[str, Any] = field(default_factory=dict)  # a `Matched`, where there is a match

    @property
    def point(self) -> str:
        """For people, what it shares with the cells of other seeds: `DenseNet-BC depth=40`."""
        return point_label(self.variant if self.trial is None else f"#{self.trial}", self.sweep)

    @property
    def label(self) -> str:
        """For people: `DenseNet-BC depth=40 seed=0`, in a search `#17 depth=40`."""
        return self.point if self.trial is not None else f"{self.point} seed={self.seed}"

    def document(self) -> dict[str, Any]:
        """A plain map, for plan.json."""
        return dict(vars(self))


def point_label(variant: str, sweep: Mapping[str, Any]) -> str:
    """`DenseNet-BC depth=40`."""
    values = {key: value if isinstance(value, str) else show(value) for key, value in sweep.items()}
    return " ".join([variant, *(f"{key}={value}" for key, value in values.items())])
