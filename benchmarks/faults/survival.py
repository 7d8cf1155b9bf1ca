"""How often each fault is survived: schedules carried out one after the other, and their table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.faults.checking import Undisturbed
from benchmarks.faults.scene import Scene, Wrong
from benchmarks.faults.schedules import Schedule
from benchmarks.faults.trial import Trial
from benchmarks.findings import Findings, conditions
from tests.storage.postgres import why_not

Row = dict[str, Any]  # of a fault that came


@dataclass
class Survival:
    """Schedules in folders below `home`, against studies of so many cells."""

    home: Path
    cells: int
    tell: Callable[[str], None] = print
    left_out: dict[str, str] = field(default_factory=dict)  # fault -> why it could not come
    undisturbed: dict[str, Undisturbed] = field(default_factory=dict)  # by kind of study

    def carry_out(self, schedule: Schedule) -> list[Row]:
        """Disturb a study as the schedule says -> a row for each fault, and one for all of them."""
        self.tell(f"schedule {schedule.number}: a {schedule.kind}")
        kind = schedule.kind
        if kind not in self.undisturbed:
            self.undisturbed[kind] = self._undisturbed(kind)
        home = self.home / str(schedule.number)
        with closing(Scene.set(home, kind, self.cells, schedule.draws)) as scene:
            if schedule.is_on_server and not why_not():
                scene.move_to_server()
            trial = Trial(schedule, scene, self.undisturbed[kind], self.tell)
            trial.carry_out(self.cells)
        self.left_out |= trial.left_out
        return [result.row() for result in trial.results]

    def _undisturbed(self, kind: str) -> Undisturbed:
        home = self.home / kind
        with closing(Scene.set(home, kind, self.cells, Random(0))) as scene:
            call = scene.run()
            if code := call.end():
                raise Wrong(f"undisturbed it ends with exit code {code}: {call.said}")
            return Undisturbed.of(scene.folder)


def in_conditions(rows: Sequence[Row], **how: Any) -> Findings:
    """Rows as they are kept: with how they came about."""
    return Findings("faults", rows, conditions("cpu", **how))


def kept_rows(path: Path, **how: Any) -> list[Row]:
    """Rows that were kept, under the same conditions. Raises ValueError for others."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        rows: list[Row] = [dict(row) for row in csv.DictReader(stream)]
    for name, value in how.items():
        if rows and rows[0][name] != str(value):
            raise ValueError(f"{path}: has {name} {rows[0][name]}, not {value}")
    known = ("schedule", "study", "record", "fault", "problems", "survived")
    kept = [{name: row[name] for name in known} for row in rows]
    return [row | {name: int(row[name]) for name in ("schedule", "survived")} for row in kept]


def by_fault(rows: Sequence[Row], names: Iterable[str]) -> list[Row]:
    """Survived and tried, of each of the faults that came."""
    of_each = {name: [row["survived"] for row in rows if row["fault"] == name] for name in names}
    return [
        {"fault": name, "survived": sum(each), "tried": len(each)}
        for name, each in of_each.items()
        if each
    ]
