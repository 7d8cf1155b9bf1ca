"""A run folder -> the cells of a study, a row each, and what the study says of them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ablate.analysis.frame import frame, measured_frame
from ablate.cells import COSTS, MEASURED
from ablate.errors import UsageError

if TYPE_CHECKING:
    from ablate.records import Plan, Snapshot


@dataclass(frozen=True)
class Head:
    """What plan.json says of a study beside its cells."""

    study: str
    profile: str
    question: str
    subject: str  # what papers call its data
    sweep_keys: Sequence[str]
    matched_keys: Sequence[str] = ()  # settings that its match solved
    baseline: str = ""  # empty in a search
    dataset: str = ""  # the fingerprint of its content, where the name alone does not tell
    images: int = 0  # that an error is of; 0 where it is not known
    classes: int = 0  # of the images; 0 where it is not known
    margin: float | None = None  # the least difference in error that matters, in points
    race: Mapping[str, int] = field(default_factory=dict)  # of seeds: `least` and `most`
    published: str = ""  # the published numbers that stand beside its own
    picks: bool = False  # whether errors are of the epoch of lowest validation error
    design: Mapping[str, Any] = field(default_factory=dict)
    objectives: Mapping[str, str] = field(default_factory=dict)  # of a search, with directions
    limits: Mapping[str, float] = field(default_factory=dict)
    sampler: str = ""
    pruner: str = ""
    budget: Mapping[str, Any] = field(default_factory=dict)
    chosen: Sequence[Mapping[str, Any]] = ()  # what a confirmation confirms
    extensions: Sequence[Mapping[str, Any]] = ()  # seeds added after results could be seen

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Head:
        """The head in plan.json's map."""
        names = {each.name for each in fields(cls)} & document.keys()
        return cls(**{name: document[name] for name in names if document[name] is not None})

    def document(self) -> dict[str, Any]:
        """The map again; of what only some studies have, that which this one has."""
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        always = ("profile", "question", "subject", "baseline", "sweep_keys", "matched_keys")
        return {name: value for name, value in values.items() if value or name in always}


@dataclass(frozen=True)
class Results:
    """The cells of a run and the head of its study."""

    cells: pd.DataFrame  # of `frame()`, or of `measured_frame()`
    head: Head

    @property
    def is_search(self) -> bool:
        """Whether every cell is a point of its own, suggested by a sampler."""
        return bool(self.head.objectives)

    @property
    def is_measured_alone(self) -> bool:
        """Whether its networks were measured and not trained."""
        return "implementation" in self.cells

    def cost(self, asked: str = "") -> str:
        """The cost that was asked for, else a search's first cost objective, else params."""
        return asked or next((name for name in self.head.objectives if name in COSTS), "params")

    def of(self, cells: pd.DataFrame) -> Results:
        """The same study with some of its cells."""
        return replace(self, cells=cells)

    def require_search(self, what: str) -> None:
        """Raise UsageError for a fixed design."""
        if not self.is_search:
            raise UsageError(f"{what}: is of searches; this run is a fixed design")


def results(folder: str | Path) -> pd.DataFrame:
    """A run folder -> a row per cell; of a measure study a row per network and implementation.

    `attrs` has the study's head: baseline, subject, sweep_keys.
    """
    read = read_results(folder)
    # A DataFrame has no better place for them; in here they are `Results.head`.
    read.cells.attrs.update(read.head.document())
    return read.cells


def read_results(folder: str | Path) -> Results:
    """A run folder -> its results, the record read once."""
    from ablate.records import RunFolder, head_of, read_rows

    files = RunFolder(Path(folder))
    if not files.is_measured_alone:
        return trained(folder)
    rows = read_rows(files.measurements)
    return Results(measured_frame([row.document() for row in rows]), Head.of(head_of(files)))


def results_of(run: Snapshot) -> Results:
    """A run that trains, as it was read -> its results."""
    from ablate.records import newest_by_cell, rows

    cell = next((cell.cell for cell in run.moment.planned if cell.cell), {})
    classes = cell.get("architecture", {}).get("classes")
    head, measured = Head.of({"classes": classes, **run.head}), newest_by_cell(run)
    records = [
        row | {name: getattr(measured.get(row["key"]), name, None) for name in MEASURED}
        for row in rows(run)
    ]
    return Results(frame(records, head.sweep_keys, head.matched_keys), head)


def planned(plan: Plan) -> Results:
    """A plan -> what is known of its run before any cell has begun."""
    head = Head.of(plan.document())
    known = {"study": head.study, "profile": head.profile, "state": "waiting"}
    records = [{**cell.document(), **cell.sweep, **known} for cell in plan.cells]
    return Results(frame(records, head.sweep_keys, head.matched_keys), head)


def trained(folder: str | Path) -> Results:
    """The results of a run that trains. Raises RunFolderError for one of a measure study."""
    from ablate.records import snapshot

    return results_of(snapshot(folder))
