"""What a search would look at: points of its space, judged before anything trains."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ablate.sampling.samplers import suggest
from ablate.sampling.suggestions import Judged, judge
from ablate.study import Study

if TYPE_CHECKING:
    from ablate.costs import Rates

POINTS = 32  # enough to see roughly which share is infeasible
LISTED = 256  # points of a grid that are all shown


@dataclass(frozen=True)
class Preview:
    """Points of a search's space."""

    size: int | None  # of the space; None where a range is continuous
    is_whole: bool  # whether these are all its points; else they are drawn at random
    points: tuple[Judged, ...]

    @property
    def feasible(self) -> tuple[Judged, ...]:
        return tuple(point for point in self.points if not point.reason)

    def range_of(self, cost: str) -> tuple[float, float, float] | None:
        """Lowest, median and highest of a cost among the feasible; None without any."""
        values = [getattr(point.cell, cost) for point in self.feasible]
        known = [float(value) for value in values if value is not None]
        return (min(known), median(known), max(known)) if known else None

    def document(self) -> dict[str, Any]:
        """A plain map, for `plan --json`."""
        return {
            "size": self.size,
            "is_whole": self.is_whole,
            "feasible": len(self.feasible),
            "points": [asdict(point) for point in self.points],
        }


def look_at_space(
    study: Study, *, data_root: Path, cache: Path | None = None, rates: Rates | None = None
) -> Preview:
    """A search -> a look at its space: all of a small grid, else points drawn at random.

    The points are those of sampler `random`, whatever the study's. Raises ValueError for a study
    that is no search.
    """
    from ablate.data import facts  # loads torch, for which importances need not wait

    search = study.search
    if search is None:
        raise ValueError(f"{study.name} is no search")
    known = facts(study.file.data, data_root)
    size = search.space.size
    whole = size is not None and size <= (LISTED if search.sampler.name == "grid" else POINTS)
    if whole:
        points = list(search.space.grid())
    else:
        drawn = (suggest(search, (), number, at_random=True)[0] for number in range(4 * POINTS))
        distinct = {str(values): values for values in drawn}
        points = list(distinct.values())[:POINTS]
    found = judge(study, points, known, cache=cache, rates=rates, jobs=None)
    return Preview(size, whole, tuple(found))
