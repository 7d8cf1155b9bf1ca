"""A study -> every cell with its costs, before anything trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ablate.costs import Cost, Rates, price, solve
from ablate.data import facts
from ablate.spec import (
    Architecture,
    DatasetFacts,
    Matched,
    Search,
    Study,
    StudyCell,
    point_label,
)


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
    def label(self) -> str:
        """For people: `DenseNet-BC depth=40 seed=0`, in a search `#17 depth=40`."""
        if self.trial is not None:
            return point_label(f"#{self.trial}", self.sweep)
        return f"{point_label(self.variant, self.sweep)} seed={self.seed}"

    def document(self) -> dict[str, Any]:
        """A plain map, for plan.json."""
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """A study and all its cells, in the order they are trained."""

    study: Study
    cells: tuple[PlannedCell, ...]  # of a search none: its cells are suggested while it runs
    rates: Rates | None = None  # what predicted the times
    chosen: tuple[Mapping[str, Any], ...] = ()  # where choices are confirmed: a `Chosen` for each
    images: int = 0  # that an error is of; 0 where it is not known
    dataset: str = ""  # the fingerprint of its content, where the name alone does not tell

    @property
    def keys(self) -> tuple[str, ...]:
        """Each cell's key once: two variants may come to the same cell."""
        return tuple(dict.fromkeys(cell.key for cell in self.cells))

    @property
    def is_open(self) -> bool:
        """Whether it grows while it is run: the rounds of a path follow from those before."""
        design = self.study.file.design
        return design is not None and design.kind == "path"

    @property
    def most_cells(self) -> int:
        """How many cells it may come to."""
        design, count = self.study.file.design, len(self.keys)
        if design is None or design.kind != "path":
            return count
        return max(count, design.most_points() * len(self.study.file.seeds))

    @property
    def predicted_seconds(self) -> float | None:
        """Device seconds of all cells, one after the other."""
        times = {cell.key: cell.predicted_seconds for cell in self.cells}.values()
        known = [t for t in times if t is not None]
        return sum(known) if len(known) == len(times) else None

    def document(self) -> dict[str, Any]:
        """The content of plan.json: what tables and figures need to know of the study."""
        file, search = self.study.file, self.study.search
        return {
            "study": file.name,
            "profile": self.study.profile,
            "question": file.question,
            "baseline": self.study.baseline,
            "subject": file.data.subject,
            **({"dataset": self.dataset} if self.dataset else {}),
            **({"images": self.images} if self.images else {}),
            **({"published": file.published} if file.published else {}),
            **({"picks": True} if file.recipe.picks(file.data) else {}),
            "sweep_keys": list(self.study.sweep_keys),
            "matched_keys": list(self.study.matched_keys),
            **({"design": file.design.head()} if file.design else {}),
            **(_head_of(search) if search else {}),
            **({"chosen": list(self.chosen)} if self.chosen else {}),
            "cells": [cell.document() for cell in self.cells],
        }


def _head_of(search: Search) -> dict[str, Any]:
    """What tables and figures need to know of a search."""
    return {
        "objectives": dict(search.objectives),
        "limits": dict(search.limits),
        "sampler": search.sampler.name,
        "pruner": search.pruner.name,
        "budget": {
            "trials": search.budget.trials,
            "device_hours": search.budget.device_hours,
        },
    }


def plan(
    study: Study,
    *,
    data_root: Path,
    cache: Path | None = None,
    rates: Rates | None = None,
    jobs: int | None = None,
    matched: Mapping[str, Matched] | None = None,
) -> Plan:
    """A study -> its plan: counted on the meta device, nothing trains.

    `rates` of a device predict training times; `cache` is a folder for counts, which `jobs`
    processes make (None: as many as pay off). A `match` is solved, step times on the device of
    `rates`; what it came to before, `matched`, stays. Raises SpecError, MissingDataError for
    `arrays` that are not there, and UsageError for a match of step times without `rates`.
    """
    known = facts(study.file.data, data_root)
    device = rates.device if rates else None
    study = solve(study, known, cache=cache, device=device, known=matched)
    cells = price_cells(study.cells(known), known, cache=cache, rates=rates, jobs=jobs)
    images = study.file.data.evaluated_count(known)
    return Plan(study, cells, rates, images=images, dataset=known.fingerprint)


def price_cells(
    cells: Sequence[StudyCell],
    known: DatasetFacts,
    *,
    cache: Path | None = None,
    rates: Rates | None = None,
    jobs: int | None = None,
) -> tuple[PlannedCell, ...]:
    """Cells -> the same cells with their costs. `known` are the facts of their dataset."""
    # Seeds share an architecture: each is counted once with as many images as it holds at a time.
    asked = list({_priced_as(cell): None for cell in cells})
    costs: dict[tuple[Architecture, int], Cost] = {}
    for batch_size in sorted({size for _, size in asked}):
        own = [architecture for architecture, size in asked if size == batch_size]
        counted = price(own, batch_size=batch_size, cache=cache, jobs=jobs)
        costs |= {(a, batch_size): cost for a, cost in zip(own, counted, strict=True)}
    return tuple(_planned(cell, costs[_priced_as(cell)], known, rates) for cell in cells)


def _priced_as(cell: StudyCell) -> tuple[Architecture, int]:
    return cell.cell.architecture, cell.cell.recipe.images_at_once


def _planned(named: StudyCell, cost: Cost, known: DatasetFacts, rates: Rates | None) -> PlannedCell:
    cell, recipe, data = named.cell, named.cell.recipe, named.cell.data
    trained_on = data.train_count(known, picks=cell.picks)
    steps = recipe.epochs * max(1, round(trained_on / recipe.images_at_once))
    evaluated = data.held_out_count(known, picks=cell.picks) * recipe.epochs
    evaluated += data.evaluated_count(known) if cell.split == "test" else 0
    return PlannedCell(
        variant=named.variant,
        sweep=dict(named.sweep),
        seed=named.seed,
        key=cell.key,
        split=cell.split,
        epochs=recipe.epochs,
        params=cost.params,
        macs=cost.macs,
        flops=cost.flops,
        saved_bytes=cost.saved_bytes,
        peak_bytes=cost.peak_bytes,
        predicted_seconds=rates.seconds(cost, steps, evaluated=evaluated) if rates else None,
        cell=cell.document(),
        matched=asdict(named.matched) if named.matched else {},
    )
