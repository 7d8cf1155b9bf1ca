"""A study -> every cell with its costs, before anything trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ablate.costs import Rates, price
from ablate.data import facts
from ablate.spec import Study, StudyCell, point_label


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

    @property
    def label(self) -> str:
        """For people: `DenseNet-BC depth=40 seed=0`."""
        return f"{point_label(self.variant, self.sweep)} seed={self.seed}"

    def document(self) -> dict[str, Any]:
        """A plain map, for plan.json."""
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """A study and all its cells, in the order they are trained."""

    study: Study
    cells: tuple[PlannedCell, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Each cell's key once: two variants may come to the same cell."""
        return tuple(dict.fromkeys(cell.key for cell in self.cells))

    @property
    def predicted_seconds(self) -> float | None:
        """Device seconds of all cells, one after the other."""
        times = {cell.key: cell.predicted_seconds for cell in self.cells}.values()
        known = [t for t in times if t is not None]
        return sum(known) if len(known) == len(times) else None

    def document(self) -> dict[str, Any]:
        """The content of plan.json: what tables and figures need to know of the study."""
        file = self.study.file
        return {
            "study": file.name,
            "profile": self.study.profile,
            "question": file.question,
            "baseline": file.baseline,
            "subject": file.data.subject,
            "sweep_keys": list(self.study.sweep_keys),
            "cells": [cell.document() for cell in self.cells],
        }


def plan(
    study: Study,
    *,
    data_root: Path,
    cache: Path | None = None,
    rates: Rates | None = None,
    jobs: int | None = None,
) -> Plan:
    """A study -> its plan: counted on the meta device, nothing trains.

    `rates` of a device predict training times; `cache` is a folder for counts, which `jobs`
    processes make (None: as many as pay off). Raises SpecError, and MissingDataError for
    `arrays` that are not there.
    """
    known = facts(study.file.data, data_root)
    cells = study.cells(known)
    recipe = study.file.recipe
    # Seeds share an architecture: each is counted once.
    architectures = list({cell.cell.architecture: None for cell in cells})
    counted = price(architectures, batch_size=recipe.batch_size, cache=cache, jobs=jobs)
    costs = dict(zip(architectures, counted, strict=True))
    images = study.file.data.train_count(known)

    def planned(cell: StudyCell) -> PlannedCell:
        cost = costs[cell.cell.architecture]
        steps = recipe.epochs * max(1, round(images / recipe.batch_size))
        looked_at = study.file.data.evaluated_count(known)
        evaluated = looked_at * (recipe.epochs if cell.cell.split == "validation" else 1)
        return PlannedCell(
            variant=cell.variant,
            sweep=dict(cell.sweep),
            seed=cell.seed,
            key=cell.cell.key,
            split=cell.cell.split,
            epochs=recipe.epochs,
            params=cost.params,
            macs=cost.macs,
            flops=cost.flops,
            saved_bytes=cost.saved_bytes,
            peak_bytes=cost.peak_bytes,
            predicted_seconds=rates.seconds(cost, steps, evaluated=evaluated) if rates else None,
            cell=cell.cell.document(),
        )

    return Plan(study, tuple(planned(cell) for cell in cells))
