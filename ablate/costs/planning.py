"""Cells of a study -> the same cells with their costs, before anything trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ablate.cells import DatasetFacts, PlannedCell
from ablate.costs.count import Cost
from ablate.costs.predict import Rates
from ablate.costs.pricing import price
from ablate.networks import Architecture
from ablate.plugins import try_code
from ablate.study import StudyCell


def price_cells(
    cells: Sequence[StudyCell],
    known: DatasetFacts,
    *,
    cache: Path | None = None,
    rates: Rates | None = None,
    jobs: int | None = None,
) -> tuple[PlannedCell, ...]:
    """Cells -> the same cells with their costs. `known` are the facts of their dataset."""
    for recipe in {cell.cell.recipe: None for cell in cells}:
        shape = known.channels, known.image_size, known.image_size
        try_code(recipe.plugged, shape=shape, classes=known.classes, lr=recipe.lr)
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
