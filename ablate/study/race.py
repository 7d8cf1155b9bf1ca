"""Seeds that go where a comparison is still open, and stop where it is settled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ablate.cells import point_label
from ablate.study.planner import Standing, Wanted
from ablate.text import Frozen, check_rules

if TYPE_CHECKING:
    from ablate.cells import DatasetFacts
    from ablate.study.study import Study, StudyCell

MOST_SEEDS = 100


class Race(Frozen):
    """Every point has the seeds 0 to `least` - 1, then one more at a time while it is open."""

    least: Annotated[int, Field(strict=True, ge=2)] = 3
    """Seeds before the first look."""
    most: Annotated[int, Field(strict=True, le=MOST_SEEDS)]
    """Seeds after which it ends, decided or not."""
    until: Literal["decided"] = "decided"
    """A comparison is decided when its verdict is another than undecided."""

    @model_validator(mode="after")
    def _rules(self) -> Race:
        if self.most <= self.least:
            check_rules([("most", f"must be > least, which is {self.least}, got {self.most}")])
        return self

    @property
    def first(self) -> tuple[int, ...]:
        return tuple(range(self.least))

    @property
    def all(self) -> tuple[int, ...]:
        return tuple(range(self.most))


@dataclass(frozen=True)
class RacePlanner:
    """Of a study whose `seeds:` race: look after look, each by the errors of those before."""

    study: Study
    race: Race

    def so_far(self, seen: Standing, facts: DatasetFacts) -> tuple[StudyCell, ...]:
        """The cells of the first look, those that are listed, and of open points the next seed."""
        listed = _listed(seen)
        following = max((seed for _, seed in listed), default=-1) + 1
        is_due = self.race.least <= following < self.race.most
        listed |= {(point, following) for point in (seen.still_open() if is_due else ())}
        every_seed = self.study.file.model_copy(update={"seeds": self.race.all})
        return tuple(
            cell
            for cell in replace(self.study, file=every_seed).cells(facts)
            if cell.seed < self.race.least or (cell.point, cell.seed) in listed
        )

    def next(self, seen: Standing, facts: Callable[[], DatasetFacts]) -> Wanted:
        """The next seed of open points, once all that is listed has ended."""
        if not seen.have_ended:
            return Wanted()
        listed, cells = _listed(seen), self.so_far(seen, facts())
        return Wanted(tuple(cell for cell in cells if (cell.point, cell.seed) not in listed))

    def most_cells(self) -> int:
        """As many as with every comparison open to the end."""
        return len(self.study.points) * self.race.most

    def at_once(self, seen: Standing, undone: int) -> int:
        """A seed of every point; with none undone it is over."""
        return max(undone, len(self.study.points)) if undone else 0


def _listed(seen: Standing) -> set[tuple[str, int]]:
    return {(point_label(cell.variant, cell.sweep), cell.seed) for cell in seen.cells}


def race_planner(study: Study) -> RacePlanner | None:
    """The planner of a study whose `seeds:` race; None where they are a list."""
    seeds = study.file.seeds
    return RacePlanner(study, seeds) if isinstance(seeds, Race) else None
