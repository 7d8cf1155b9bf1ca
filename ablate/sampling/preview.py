"""What a search would look at: points of its space, judged before anything trains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ablate.sampling.samplers import suggest
from ablate.sampling.suggestions import Judged, judge
from ablate.study import Study
from ablate.text import Said, Sheet, Shown, count, duration, size

if TYPE_CHECKING:
    from ablate.costs import Rates

POINTS = 32  # enough to see roughly which share is infeasible
SHOWN = 12  # of points that were drawn; a space that is looked at whole is shown whole
LISTED = 256  # points of a grid that are all shown


@dataclass(frozen=True)
class Preview(Shown):
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

    @property
    def sheet(self) -> Sheet:
        """Feasible points with their costs: of a whole space all, else the first few."""
        points = self.feasible if self.is_whole else self.feasible[:SHOWN]
        keys = list(dict.fromkeys(key for point in self.points for key in point.values))
        rows = []
        for cell, values in ((point.cell, point.values) for point in points if point.cell):
            numbers = {count: ("params", "macs"), size: ("peak_bytes",)}
            costs = [
                Said.of(write(getattr(cell, name)), getattr(cell, name))
                for write, names in numbers.items()
                for name in names
            ]
            swept = [_value(values[key]) if key in values else "" for key in keys]
            seconds = cell.predicted_seconds
            rows.append([*swept, *costs, Said.of(duration(seconds), seconds)])
        heads = [*(key.replace("_", " ") for key in keys), "params", "MACs", "memory"]
        return Sheet(([*heads, "time a cell"], rows), "")

    @property
    def total(self) -> str:
        """How many points there are, how many of those looked at are feasible, and why not all."""
        points = "a continuous space" if self.size is None else f"{self.size:,} points"
        which = "all" if self.is_whole else f"{len(self.points)} drawn at random"
        refused = Counter(point.reason.split(":")[0] for point in self.points if point.reason)
        why = "".join(f", {number} infeasible by {key}" for key, number in refused.most_common(4))
        return f"{points}; of {which}, {len(self.feasible)} are feasible{why}{self._nearest}"

    @property
    def _nearest(self) -> str:
        """What came nearest to being feasible, where nothing is."""
        refused = [point for point in self.points if point.cell]
        if self.feasible or not refused:
            return ""
        return f"; the nearest: {min(refused, key=lambda point: point.violation).reason}"

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        if self.feasible:
            yield self.sheet
        yield self.total

    def document(self) -> dict[str, Any]:
        """A plain map, for `plan --json`."""
        return {
            "size": self.size,
            "is_whole": self.is_whole,
            "feasible": len(self.feasible),
            "points": [asdict(point) for point in self.points],
        }


def _value(value: object) -> str:
    return "null" if value is None else str(value)


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
