"""The plan of a run: a study and all cells that can be listed before it trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ablate.records.documents import FORMAT
from ablate.text import Said, Sheet, Shown, count, duration, size

if TYPE_CHECKING:
    from ablate.cells import PlannedCell
    from ablate.costs import Rates
    from ablate.study import Study


@dataclass(frozen=True)
class Plan(Shown):
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

    @property
    def sheet(self) -> Sheet:
        """A row per variant and sweep point, as its seeds cost the same; to be measured: a network.

        With a match also the settings that were solved, and how far from the target they end.
        """
        study = self.study
        keys, solved = study.sweep_keys, study.matched_keys
        seeds = 0 if study.is_measured else len(study.file.first_seeds)
        more = ["seeds"] if seeds else ["images a step"]
        heads = ["variant", *keys, *solved, *(["off by"] if solved else []), *more]
        heads += ["params", "MACs", "memory", *(["time a cell"] if seeds else [])]
        rows = []
        for cell in self.cells[:: seeds or 1]:
            row = [cell.variant, *(_value(cell.sweep[k]) if k in cell.sweep else "" for k in keys)]
            if solved:
                row += [str(cell.matched["knobs"].get(key, "")) for key in solved]
                row.append(f"{cell.matched['deviation']:+.1%}")
            row.append(str(seeds or cell.cell["recipe"].get("batch_size", 64)))
            row += [Said.of(count(cell.params), cell.params), Said.of(count(cell.macs), cell.macs)]
            row.append(Said.of(size(cell.peak_bytes), cell.peak_bytes))
            if seconds := cell.predicted_seconds if seeds else None:
                row.append(Said.of(duration(seconds), seconds))
            rows.append(row + [""] * (len(heads) - len(row)))
        return Sheet(([head.replace("_", " ") for head in heads], rows), "")

    @property
    def total(self) -> str:
        """The line below the table."""
        study = self.study
        if study.is_measured:
            names = study.file.implementations
            return f"{len(self.cells)} networks in {len(names)} implementations: {', '.join(names)}"
        if not self.cells:
            return "its cells are suggested while it runs; `preview` shows points of its space"
        total = f"{len(self.keys)} cells"
        if self.is_open:
            begins = "until the first look" if study.file.race else "in the first round"
            total += f" {begins}, at most {self.most_cells} in all"
        if len(self.keys) != len(self.cells):
            total += f" ({len(self.cells)} with repeats)"
        seconds = self.predicted_seconds
        return total if seconds is None else f"{total}, about {duration(seconds)} of training"

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        if self.cells:
            yield self.sheet
        yield f"{self.study.title}: {self.total}"

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


def _value(value: Any) -> str:
    return "none" if value is None else str(value)
