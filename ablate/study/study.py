"""A study: a question as variants x sweep x seeds, and the cells it comes to."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from ablate.cells import (
    DATASETS,
    SVHN,
    Cell,
    Data,
    DatasetFacts,
    PublishedName,
    Recipe,
    broken_published,
)
from ablate.errors import Fault, SpecError
from ablate.networks import Architecture
from ablate.study.caps import check_size
from ablate.study.design_reading import read_design
from ablate.study.designs import Design
from ablate.study.implementations import USUAL, check_implementations
from ablate.study.match import Match, Matched
from ablate.study.measured import check_measured, kind_of
from ablate.study.points import Point, Sweep, point_label, read_points
from ablate.study.search import (
    Budget,
    Limits,
    Objectives,
    Pruner,
    Sampler,
    Search,
    error_alone,
    suggestion,
)
from ablate.study.search_reading import check_kind, read_search
from ablate.text import (
    Frozen,
    ListOf,
    Node,
    RuleErrors,
    Scalar,
    Seed,
    Text,
    is_whole,
    nearest,
    show,
    validate,
)

NAME_RULE = "must be letters, digits, - and _, as a folder is named after it"


def is_name(value: Any) -> bool:
    """Whether NAME_RULE holds; - and _ do not start a name."""
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value))


def _name(value: Any) -> Any:
    if not is_name(value):
        raise ValueError(f"{NAME_RULE}, got {show(value)}")
    return value


def _different(values: tuple[int, ...]) -> tuple[int, ...]:
    if not values or len(set(values)) != len(values):
        raise ValueError(f"must be different numbers, at least one, got {show(values)}")
    return values


def _seeds(value: Any) -> Any:
    if is_whole(value):
        some = {1: "[0]", 2: "[0, 1]", 3: "[0, 1, 2]"}.get(value, f"[0, 1, ..., {value - 1}]")
        first = f"{some} for the first {value}, " if value > 0 else ""
        raise ValueError(f"must be a list: {first}[{value}] for the one seed {show(value)}")
    return value


Name = Annotated[str, BeforeValidator(_name)]


class StudyFile(Frozen):
    """The keys of a study file; what is below `variants` and `profiles` is read on its own."""

    kind: Literal["train", "measure"] = "train"  # measure: what a step of the networks costs
    name: Name  # of the run folder
    question: Text = ""  # what the study is to answer
    reproduces: Text = ""  # the published figure or table it is modelled on
    published: PublishedName | None = None  # numbers of the papers to lay beside ours
    data: Data
    recipe: Recipe
    # A fixed design has these four.
    baseline: Text = ""  # the variant that differences are taken against
    variants: Annotated[dict[str, Any], Field(min_length=1)] = Field(default_factory=dict)
    sweep: Sweep = Field(default_factory=dict)  # setting -> values, for variants without their own
    match: Match | None = None  # settings to solve so that all variants cost the same
    # A measure study has variants, a sweep and this.
    implementations: Annotated[ListOf[Text], AfterValidator(check_implementations)] = USUAL
    # Another fixed design has this and, save for two kinds, a sweep.
    design: Design | None = None  # variants that follow from a baseline and changes to it
    # A search has these.
    space: Any = None  # a map of settings and ranges, or the path of a file with one
    sampler: Sampler = Sampler()
    pruner: Pruner = Pruner()
    objectives: Objectives = Field(default_factory=error_alone)  # metric -> direction
    limits: Limits = Field(default_factory=dict)  # cost -> the most that a network may have of it
    budget: Budget = Budget()
    # A list: a single number could be how many, or which.
    seeds: Annotated[ListOf[Seed], BeforeValidator(_seeds), AfterValidator(_different)] = (0,)
    profiles: dict[str, Any] = Field(default_factory=dict)  # name -> what it changes above


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
        return " ".join([point_label(self.variant, self.sweep), f"seed={self.seed}"])


@dataclass(frozen=True)
class Study:
    """A checked study, with profile and settings merged in."""

    file: StudyFile
    points: tuple[Point, ...]
    tree: Node  # as merged, for messages and for the run folder's study.yaml
    profile: str = ""
    search: Search | None = None  # None: a fixed design

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def title(self) -> str:
        """The run folder's name: `name`, or `name@profile`."""
        return f"{self.name}@{self.profile}" if self.profile else self.name

    @property
    def is_measured(self) -> bool:
        """Whether its networks are measured and not trained."""
        return self.file.kind == "measure"

    @property
    def baseline(self) -> str:
        """The variant that differences are taken against; none of a search."""
        design = self.file.design
        return design.reference(self.name) if design else self.file.baseline

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
        file = self.file
        return (
            self.points,
            file.kind,
            file.design,
            search,
            file.recipe,
            file.data,
            file.seeds,
            file.name,
        )

    def extends(self, other: Study) -> bool:
        """Whether it trains the cells of `other` and, at most, those of more seeds."""
        alike = replace(self, file=self.file.model_copy(update={"seeds": other.file.seeds}))
        return alike.trains() == other.trains() and {*self.file.seeds} >= {*other.file.seeds}

    def suggested(self, values: Mapping[str, Scalar], facts: DatasetFacts) -> Cell:
        """A point of the search's space -> its cell. Raises RuleErrors where it cannot be built."""
        if self.search is None:
            raise ValueError("suggested() is of a search; this study has no space")
        data, space = self.file.data, self.search.space
        architecture, recipe = suggestion(space, values, self.file.recipe, data.augment, facts)
        return Cell(architecture, recipe, data, self.file.seeds[0], facts)

    def recipe_of(self, point: Point) -> Recipe:
        """What a point is trained with."""
        return point.recipe or self.file.recipe

    def fitted(self, point: Point, facts: DatasetFacts) -> Architecture:
        """A point's architecture resolved for its data and recipe. Raises RuleErrors."""
        dropout = self.recipe_of(point).dropout(self.file.data.augment)
        return _fitted(point.architecture, facts, dropout)

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
        faults = [self.tree.fault(("data", key), text) for key, text in data.broken_for(facts)]
        resolved = _resolved(self.points, self.tree, facts, self.file, faults)
        if faults:
            raise SpecError(faults)
        return tuple(
            StudyCell(
                variant=point.variant,
                sweep=point.sweep,
                seed=seed,
                cell=Cell(architecture, point.recipe or recipe, data, seed, facts),
                matched=point.matched,
            )
            for point, architecture in resolved
            for seed in self.file.seeds
        )


def _fitted(architecture: Architecture, facts: DatasetFacts, dropout: float) -> Architecture:
    return architecture.resolve(
        in_channels=facts.channels,
        classes=facts.classes,
        image_size=facts.image_size,
        dropout=dropout,
    )


def _resolved(
    points: Iterable[Point],
    tree: Node,
    facts: DatasetFacts,
    file: StudyFile | None,
    faults: list[Fault],
) -> list[tuple[Point, Architecture]]:
    """Points with their architectures fitted to the data; faults are appended.

    Without `file`, as that has faults, `dropout: auto` is none.
    """
    found = []
    for point in points:
        dropout = (point.recipe or file.recipe).dropout(file.data.augment) if file else 0.0
        try:
            architecture = _fitted(point.architecture, facts, dropout)
        except RuleErrors as error:
            faults += [tree.fault((*point.path, key), text) for key, text in error.broken]
        else:
            found.append((point, architecture))
    return found


def read_study(tree: Node, profile: str = "", skip: Collection[str] = ()) -> Study:
    """A merged tree (no profiles, no `from:`) -> study, checked as far as no data is needed.

    Variants to `skip` are not looked into. Raises SpecError with every fault of the file, in the
    order of its lines.
    """
    faults: list[Fault] = []
    if not check_size(tree, faults):
        raise SpecError(faults)
    file = validate(StudyFile, tree, (), faults)
    if file:
        broken = file.recipe.broken_for(file.data)
        faults += [tree.fault(("recipe", key), text) for key, text in broken]
        if file.data.hold_out and not file.data.holds_out(file.recipe.picks(file.data)):
            rule = f"is read only with evaluate: validation, or preset: {SVHN}"
            faults.append(tree.fault(("data", "hold_out"), rule))
        broken = broken_published(file.published, file.kind, file.data)
        faults += [tree.fault((key,), text) for key, text in broken]
    points: list[Point] = []
    for variant in _variant_names(tree):
        points += read_points(tree, variant, faults) if variant not in skip else ()
    search, kind = None, kind_of(tree)
    if kind == "measure":
        check_measured(tree, faults)
    else:
        _check_baseline(tree, faults)
    facts = _known_facts(tree)
    if facts:
        _resolved(points, tree, facts, None, faults)
    if tree.get("design") and kind == "train":
        points += read_design(tree, facts, faults)
    if kind == "train" and check_kind(tree, faults):
        search = read_search(tree, facts, faults)
    if faults or file is None:
        raise SpecError(in_order(faults))
    if search:
        search = replace(search, objectives=file.objectives, limits=file.limits)
    return Study(file, tuple(points), tree, profile, search)


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Each fault once, by file and line."""
    return sorted(dict.fromkeys(faults), key=_line_of)


def _line_of(fault: Fault) -> tuple[str, int]:
    place, _, line = fault.place.rpartition(":")
    return (place, int(line)) if line.isdigit() else (fault.place, 0)


def _variant_names(tree: Node) -> list[str]:
    variants = tree.get("variants")
    return [name for name, _ in variants.items()] if variants else []


def _check_baseline(tree: Node, faults: list[Fault]) -> None:
    baseline, names = tree.get("baseline"), _variant_names(tree)
    if baseline and isinstance(baseline.value, str) and names and baseline.value not in names:
        hint = nearest(baseline.value, names)
        message = f"must be one of the variants, got {show(baseline.value)}{hint}"
        faults.append(tree.fault(("baseline",), message))


def _known_facts(tree: Node) -> DatasetFacts | None:
    """The facts of the study's dataset where its name alone says them."""
    data = tree.get("data")
    dataset = data.get("dataset") if data else None
    if not data or not dataset or not isinstance(dataset.value, str):
        return None
    known, written = DATASETS.get(dataset.value), data.get("image_size")
    size = written.plain() if written else None
    if known and known.streamed and isinstance(size, int) and is_whole(size) and size > 0:
        return replace(known, image_size=size)
    return known
