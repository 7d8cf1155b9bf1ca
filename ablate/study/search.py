"""A search: a space of networks, and how points of it are suggested, stopped and ended."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ablate.cells import DatasetFacts, Recipe
from ablate.space import (
    Budget,
    Direction,
    Limits,
    Objectives,
    Pruner,
    Sampler,
    Space,
    broken_pruner,
    error_alone,
    read_buildable,
)
from ablate.study.kind import Asked, Content, SeedKeys, StudyKind
from ablate.study.planner import Standing, Wanted
from ablate.text import Reader, show

if TYPE_CHECKING:
    from ablate.study.study import Study

NO_BUDGET = "a search ends by `trials:` or `device_hours:`, unless its sampler is grid"


class SearchKeys(SeedKeys):
    """What a search reads."""

    space: Any = None
    """A map of settings and ranges, or the path of a file with one."""
    sampler: Sampler = Sampler()
    """How points are suggested."""
    pruner: Pruner = Pruner()
    """Which cells are stopped early."""
    objectives: Objectives = Field(default_factory=error_alone)
    """Metric -> minimize or maximize."""
    limits: Limits = Field(default_factory=dict)
    """Cost -> the most that a network may have of it."""
    budget: Budget = Budget()
    """When the search ends."""


@dataclass(frozen=True)
class Search:
    """A space and how it is searched: a planner of suggestions."""

    space: Space
    sampler: Sampler
    pruner: Pruner
    objectives: Mapping[str, Direction]
    limits: Mapping[str, float]  # metric -> the most that a network may have of it
    budget: Budget

    def so_far(self, seen: Standing, facts: DatasetFacts) -> tuple[()]:
        """Its suggestions are in the record, not in a list."""
        return ()

    def next(self, seen: Standing, facts: Callable[[], DatasetFacts]) -> Wanted:
        """One suggestion for a worker that finds nothing to take, or a batch.

        A batch is made as a whole, before any of it trains and after everything before it has
        ended: then what the sampler is told does not depend on who is quick. One whose worker died
        while it was made is made whole.
        """
        batch, count = self.sampler.batch, len(seen.cells)
        if batch is None:
            return Wanted(suggestions=min(1, self._left(seen)) if seen.is_free else 0)
        missing = seen.batch_end - count
        wanted = missing if missing > 0 else batch if seen.have_ended else 0
        new = min(wanted, self._left(seen))
        return Wanted(suggestions=new, batch_end=count + new if new else 0)

    def most_cells(self) -> int | None:
        """As many as the budget allows, of a grid no more than it has points."""
        size = self.space.size if self.sampler.name == "grid" else None
        return min((most for most in (self.budget.trials, size) if most is not None), default=None)

    def at_once(self, seen: Standing, undone: int) -> int:
        """As many as are undone or may still be suggested."""
        return undone + self._left(seen)

    def _left(self, seen: Standing) -> int:
        """Suggestions that the budget and the space have left."""
        trials, hours = self.budget.trials, self.budget.device_hours
        spent = sum(seen.attempts[cell.key].seconds for cell in seen.cells)
        if seen.exhausted or (hours is not None and spent >= hours * 3600):
            return 0
        return max(0, (sys.maxsize if trials is None else trials) - len(seen.cells))


def _read(reader: Reader, facts: DatasetFacts | None) -> Content:
    """The search, once its keys go together."""
    before = len(reader.faults)
    _check_study(reader)
    sampler = reader.part(Sampler, ("sampler",), Sampler())
    pruner = reader.part(Pruner, ("pruner",), Pruner())
    budget = reader.part(Budget, ("budget",), Budget())
    space = None
    if not isinstance(reader.plain("space"), str):  # else its file could not be read: told
        recipe = reader.part(Recipe, ("recipe",))
        space = read_buildable(reader, ("space",), recipe, facts)
    if budget == Budget() and sampler and sampler.name != "grid":
        reader.fault(("budget",), NO_BUDGET)
    if sampler and space and sampler.name == "grid":
        for knob in [knob for knob in space.knobs if knob.range.values is None]:
            reader.fault(("sampler", "name"), f"grid needs steps, and {knob.name} has none")
    objectives = reader.plain("objectives") or error_alone()
    if pruner and isinstance(objectives, dict):
        knobs = {knob.name for knob in space.knobs} if space else set()
        if message := broken_pruner(pruner, objectives, knobs):
            reader.fault(("pruner", "name"), message)
    if len(reader.faults) > before or not (space and sampler and pruner and budget):
        return Content()
    return Content(search=Search(space, sampler, pruner, objectives, {}, budget))


def _changed(held: Asked, asked: Asked) -> list[str]:
    """It may get more budget and a wider space; what was found must keep its meaning."""
    before, now = held.study(), asked.study()
    if not before.search or not now.search:
        return ["it is no search"]
    theirs, ours = _meaning(before, before.search), _meaning(now, now.search)
    return [
        *now.search.space.narrowed_from(before.search.space),
        *(f"another {key}" for key in ours if ours[key] != theirs[key]),
        *(["the images of its dataset are others"] if held.dataset != asked.dataset else []),
    ]


def _meaning(study: Study, search: Search) -> dict[str, Any]:
    """What all suggestions must have in common, beside the space."""
    return {
        "data": study.file.data,
        "recipe": study.file.recipe,
        "seeds": study.file.first_seeds,
        "sampler": search.sampler,
        "pruner": search.pruner,
        "objectives": list(search.objectives.items()),  # the order of every trial's values
        "limits": dict(search.limits),
    }


SEARCH = StudyKind(
    keys=SearchKeys,
    needs=("space",),
    has="a space",
    read=_read,
    changed=_changed,
    extended="A wider space and more budget extend a search; for anything else give it a folder of "
    "its own with --as NAME",
    planner=lambda study: study.search,
    alone="it is a search",
    only="is read only in a search, a study with a space",
    refuses="is not read in a search: a study has variants or a space",
    head=lambda study: _head(study),
)


def _check_study(reader: Reader) -> None:
    """Rules between a space and the keys that every study has."""
    seeds = reader.plain("seeds")
    if isinstance(seeds, dict) or (isinstance(seeds, list) and len(seeds) > 1):
        reader.fault(("seeds",), f"must be one seed in a search, got {show(seeds)}")
    if reader.plain("data", "evaluate") == "test":
        message = "must be validation: a search may not choose on the test set"
        reader.fault(("data", "evaluate"), message)


def _head(study: Study) -> dict[str, Any]:
    search = study.search
    if search is None:
        return {}
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
