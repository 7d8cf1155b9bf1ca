"""A study: a question as variants x sweep x seeds, and the cells it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from ablate.cells import (
    SVHN,
    Cell,
    DatasetFacts,
    Recipe,
    broken_published,
    facts_of_name,
    fitted,
    point_label,
)
from ablate.networks import Architecture
from ablate.space import Budget, Steps, suggestion
from ablate.study.caps import check_size
from ablate.study.kind import Content, StudyKind
from ablate.study.kinds import StudyFile, check_keys, kind_of
from ablate.study.match import Matched
from ablate.study.planner import Planner
from ablate.study.points import Point, read_points
from ablate.study.search import Search
from ablate.text import Node, Reader, RuleErrors, Scalar

_DECISIVE = attrgetter("name", "kind", "design", "recipe", "data", "seeds")


@dataclass(frozen=True)
class StudyCell:
    """A cell and what it is called in its study."""

    variant: str
    sweep: Mapping[str, Any]
    seed: int
    cell: Cell
    matched: Matched | None = None  # what its study's match came to

    @property
    def label(self) -> str:
        """For people: `DenseNet-BC depth=40 seed=0`."""
        return f"{self.point} seed={self.seed}"

    @property
    def point(self) -> str:
        """The same without the seed: `DenseNet-BC depth=40`."""
        return point_label(self.variant, self.sweep)


@dataclass(frozen=True)
class Study:
    """A checked study, with profile and settings merged in."""

    file: StudyFile
    points: tuple[Point, ...]
    tree: Node  # as merged, for messages and for the run folder's study.yaml
    kind: StudyKind
    profile: str = ""
    search: Search | None = None  # None: a fixed design
    steps_are: Steps = "tested"  # of a path; a run goes on as it began

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def title(self) -> str:
        """The run folder's name: `name`, or `name@profile`."""
        return f"{self.name}@{self.profile}" if self.profile else self.name

    @property
    def planner(self) -> Planner | None:
        """What trains beyond its `cells`; None where those are all."""
        return self.kind.planner(self)

    @property
    def is_measured(self) -> bool:
        """Whether its networks are measured and not trained."""
        return self.file.kind == "measure"

    @property
    def baseline(self) -> str:
        """The variant that differences are taken against; none of a search."""
        return str(self.kind.head(self).get("baseline", ""))

    @property
    def sweep_keys(self) -> tuple[str, ...]:
        """Every setting that some variant sweeps, in the order of first use; a search's knobs."""
        if self.search:
            return tuple(knob.name for knob in self.search.space.knobs)
        return tuple(dict.fromkeys(key for point in self.points for key in point.sweep))

    @property
    def matched_keys(self) -> tuple[str, ...]:
        """Every setting that was solved in some variant, or is matched to in the baseline."""
        solved = [point.matched.knobs for point in self.points if point.matched]
        return tuple(dict.fromkeys(key for knobs in solved for key in knobs))

    def trains(self) -> tuple[Any, ...]:
        """What decides which cells are trained: equal for studies that may share a run folder."""
        search = replace(self.search, budget=Budget()) if self.search else None
        return (self.points, search, *_DECISIVE(self.file))

    def extends(self, other: Study) -> bool:
        """Whether it trains the cells of `other` and, at most, those of more seeds."""
        alike = replace(self, file=self.file.model_copy(update={"seeds": other.file.seeds}))
        more = {*self.file.all_seeds} >= {*other.file.all_seeds}
        return alike.trains() == other.trains() and more

    def suggested(self, values: Mapping[str, Scalar], facts: DatasetFacts) -> Cell:
        """A point of the search's space -> its cell. Raises RuleErrors where it cannot be built."""
        if self.search is None:
            raise ValueError("suggested() is of a search; this study has no space")
        data, space = self.file.data, self.search.space
        architecture, recipe = suggestion(space, values, self.file.recipe, data.augment, facts)
        return Cell(architecture, recipe, data, self.file.first_seeds[0], facts)

    def recipe_of(self, point: Point) -> Recipe:
        """What a point is trained with."""
        return point.recipe or self.file.recipe

    def fitted(self, point: Point, facts: DatasetFacts) -> Architecture:
        """A point's architecture resolved for its data and recipe. Raises RuleErrors."""
        dropout = self.recipe_of(point).dropout(self.file.data.augment)
        return fitted(point.architecture, facts, dropout)

    def cells(self, facts: DatasetFacts | None = None) -> tuple[StudyCell, ...]:
        """Every cell: points in the order written, then seeds; none of a search. Raises SpecError.

        `facts` are of the study's dataset; they may be left out where its name says them. A study
        with a match has no cells before `ablate.costs.solve`.
        """
        if any(point.goal for point in self.points):
            raise ValueError("the study's match is not solved; ablate.plan() solves it")
        facts = facts or self.file.data.known_facts
        if facts is None:
            raise ValueError(f"cells() needs the facts of {self.file.data.dataset}")
        data, recipe = self.file.data, self.file.recipe
        reader = Reader(self.tree)
        for key, message in data.broken_for(facts):
            reader.fault(("data", key), message)
        resolved = _resolved(self.points, facts, self.file, reader)
        reader.check()
        return tuple(
            StudyCell(
                variant=point.variant,
                sweep=point.sweep,
                seed=seed,
                cell=Cell(architecture, point.recipe or recipe, data, seed, facts),
                matched=point.matched,
            )
            for point, architecture in resolved
            for seed in self.file.first_seeds
        )


def _resolved(
    points: Iterable[Point],
    facts: DatasetFacts,
    file: StudyFile | None,
    reader: Reader,
) -> list[tuple[Point, Architecture]]:
    """Points with their architectures fitted to the data, with faults.

    Without `file`, as that has faults, `dropout: auto` is none.
    """
    resolved = []
    for point in points:
        dropout = (point.recipe or file.recipe).dropout(file.data.augment) if file else 0.0
        try:
            architecture = fitted(point.architecture, facts, dropout)
        except RuleErrors as error:
            for key, message in error.broken:
                reader.fault((*point.path, key), message)
        else:
            resolved.append((point, architecture))
    return resolved


def read_study(tree: Node, profile: str = "") -> Study:
    """A merged tree (no profiles, no `from:`) -> study, checked as far as no data is needed.

    A variant that still has a `from:` is not looked into: that its file could not be read is told.
    Raises SpecError with every fault of the file, in the order of its lines.
    """
    reader = Reader(tree)
    if not check_size(reader):
        reader.check()
    file = reader.part(StudyFile, ())
    if file:
        _check_together(file, reader)
    variants = tree.get("variants")
    points: list[Point] = []
    for name, variant in variants.items() if variants else ():
        points += () if variant.get("from") else read_points(reader, name)
    facts = facts_of_name(reader.plain("data", "dataset"), reader.plain("data", "image_size"))
    kind, content = kind_of(reader), Content()
    if kind:
        check_keys(kind, reader)
        content = kind.read(reader, facts)
    if facts:
        _resolved(points, facts, None, reader)
    reader.check()
    assert file and kind, "a file without faults is one"
    search = content.search
    if search:
        search = replace(search, objectives=file.objectives, limits=file.limits)
    return Study(file, (*points, *content.points), tree, kind, profile, search)


def _check_together(file: StudyFile, reader: Reader) -> None:
    """Rules between the keys that every study has."""
    broken = [(("recipe", key), message) for key, message in file.recipe.broken_for(file.data)]
    if file.data.hold_out and not file.data.holds_out(file.recipe.picks(file.data)):
        rule = f"is read only with evaluate: validation, or preset: {SVHN}"
        broken.append((("data", "hold_out"), rule))
    if file.race and file.data.evaluate == "test":
        rule = "must be validation: seeds that race look at their errors again and again"
        broken.append((("data", "evaluate"), rule))
    for path, message in broken:
        reader.fault(path, message)
    for key, message in broken_published(file.published, file.kind, file.data):
        reader.fault((key,), message)
