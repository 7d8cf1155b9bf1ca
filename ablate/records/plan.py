"""The plan of a run: a study and all cells that can be listed before it trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ablate.records.documents import FORMAT

if TYPE_CHECKING:
    from ablate.cells import PlannedCell
    from ablate.costs import Rates
    from ablate.study import Study


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
        """Whether it grows while it is run: the rounds of a path, the suggestions of a search."""
        return self.study.planner is not None

    @property
    def most_cells(self) -> int | None:
        """How many cells it may come to; None where hours alone end it."""
        planner, count = self.study.planner, len(self.keys)
        most = planner.most_cells() if planner else count
        return None if most is None else max(count, most)

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
            "format": FORMAT,
            "study": file.name,
            "profile": self.study.profile,
            "question": file.question,
            "baseline": self.study.baseline,
            "subject": file.data.subject,
            **({"dataset": self.dataset} if self.dataset else {}),
            **({"images": self.images} if self.images else {}),
            **({"margin": file.margin} if file.margin else {}),
            **({"race": race} if (race := file.race) else {}),
            **({"published": file.published} if file.published else {}),
            **({"picks": True} if file.recipe.picks(file.data) else {}),
            "sweep_keys": list(self.study.sweep_keys),
            "matched_keys": list(self.study.matched_keys),
            **self.study.kind.head(self.study),
            **({"chosen": list(self.chosen)} if self.chosen else {}),
            "cells": [cell.document() for cell in self.cells],
        }
