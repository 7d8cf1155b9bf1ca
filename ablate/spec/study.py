"""A study: a question as variants x sweep x seeds, and the cells it comes to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from ablate.errors import Fault, SpecError
from ablate.spec.architecture import Architecture
from ablate.spec.cell import Cell
from ablate.spec.data import DATASETS, Data, DatasetFacts
from ablate.spec.families import family_of
from ablate.spec.reading import Node, Path
from ablate.spec.recipe import Recipe
from ablate.spec.validating import (
    Frozen,
    ListOf,
    NotNegative,
    RuleErrors,
    Text,
    check_rules,
    nearest,
    show,
    unknown_key,
    validate,
)


def _name(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value):
        return value
    rule = "must be letters, digits, - and _, as a folder is named after it"
    raise ValueError(f"{rule}, got {show(value)}")


def _sweep(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"must be a map of setting: [values], got {show(value)}")
    broken = []
    for key, values in value.items():
        if not isinstance(values, list | tuple) or not values:
            broken.append((key, f"must be a list of values, got {show(values)}"))
        elif any(a == b for i, a in enumerate(values) for b in values[:i]):
            broken.append((key, f"must not repeat a value, got {show(values)}"))
    check_rules(broken)
    return value


Name = Annotated[str, BeforeValidator(_name)]
Sweep = Annotated[dict[str, list[Any]], BeforeValidator(_sweep)]


class StudyFile(Frozen):
    """The keys of a study file; what is below `variants` and `profiles` is read on its own."""

    name: Name  # of the run folder
    question: Text = ""  # what the study is to answer
    reproduces: Text = ""  # the published figure or table it is modelled on
    data: Data
    recipe: Recipe
    baseline: Text  # the variant that differences are taken against
    variants: dict[str, Any]  # name -> architecture, with an optional sweep of its own
    sweep: Sweep = Field(default_factory=dict)  # setting -> values, for variants without their own
    seeds: ListOf[NotNegative] = (0,)
    profiles: dict[str, Any] = Field(default_factory=dict)  # name -> what it changes above

    @model_validator(mode="after")
    def _rules(self) -> StudyFile:
        broken = []
        if not self.variants:
            broken.append(("variants", "must name at least one variant"))
        elif self.baseline not in self.variants:
            hint = nearest(self.baseline, self.variants)
            broken.append(("baseline", f"must be one of the variants, got {self.baseline!r}{hint}"))
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            broken.append(
                ("seeds", f"must be different numbers, at least one, got {show(self.seeds)}")
            )
        check_rules(broken)
        return self


@dataclass(frozen=True)
class Point:
    """One architecture of a study: a variant at one point of its sweep. Not yet resolved."""

    variant: str
    sweep: Mapping[str, Any]
    architecture: Architecture
    path: Path  # where it was written


@dataclass(frozen=True)
class StudyCell:
    """A cell and what it is called in its study."""

    variant: str
    sweep: Mapping[str, Any]
    seed: int
    cell: Cell

    @property
    def label(self) -> str:
        """For people: `DenseNet-BC depth=40 seed=0`."""
        return " ".join([point_label(self.variant, self.sweep), f"seed={self.seed}"])


def point_label(variant: str, sweep: Mapping[str, Any]) -> str:
    """`DenseNet-BC depth=40`."""
    return " ".join([variant, *(f"{key}={value}" for key, value in sweep.items())])


@dataclass(frozen=True)
class Study:
    """A checked study, with profile and settings merged in."""

    file: StudyFile
    points: tuple[Point, ...]
    tree: Node  # as merged, for messages and for the run folder's study.yaml
    profile: str = ""

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def title(self) -> str:
        """The run folder's name: `name`, or `name@profile`."""
        return f"{self.name}@{self.profile}" if self.profile else self.name

    @property
    def sweep_keys(self) -> tuple[str, ...]:
        """Every setting that some variant sweeps, in the order of first use."""
        return tuple(dict.fromkeys(key for point in self.points for key in point.sweep))

    def cells(self, facts: DatasetFacts | None = None) -> tuple[StudyCell, ...]:
        """Every cell: points in the order written, then seeds. Raises SpecError.

        `facts` are of the study's dataset; they may be left out where its name says them.
        """
        facts = facts or DATASETS[self.file.data.dataset]
        if facts is None:
            raise ValueError(f"cells() needs the facts of {self.file.data.dataset}")
        faults: list[Fault] = []
        resolved = [(point, self._resolve(point, facts, faults)) for point in self.points]
        if self.file.data.train_count(facts) < facts.classes:
            message = f"leaves fewer training images than the {facts.classes} classes"
            key = "limit" if self.file.data.limit else "hold_out"
            faults.append(self.tree.fault(("data", key), message))
        if faults:
            raise SpecError(faults)
        cells = [
            StudyCell(
                variant=point.variant,
                sweep=point.sweep,
                seed=seed,
                cell=Cell(architecture, self.file.recipe, self.file.data, seed, facts),
            )
            for point, architecture in resolved
            if architecture is not None
            for seed in self.file.seeds
        ]
        return tuple(cells)

    def _resolve(
        self, point: Point, facts: DatasetFacts, faults: list[Fault]
    ) -> Architecture | None:
        try:
            return point.architecture.resolve(
                in_channels=facts.channels,
                classes=facts.classes,
                image_size=facts.image_size,
                dropout=self.file.recipe.dropout(self.file.data.augment),
            )
        except RuleErrors as error:
            found = [self.tree.fault((*point.path, key), text) for key, text in error.broken]
            faults += [fault for fault in found if fault not in faults]
            return None


def read_study(tree: Node, profile: str = "") -> Study:
    """A merged tree (no profiles, no `from:`) -> study, checked as far as no data is needed.

    Raises SpecError with every fault of the file.
    """
    faults: list[Fault] = []
    file = validate(StudyFile, tree, (), faults)
    points: list[Point] = []
    for variant in _variant_names(tree):
        points += _points(tree, variant, faults)
    if file is not None:
        study = Study(file, tuple(points), tree, profile)
        if DATASETS[file.data.dataset] is not None:
            try:
                study.cells()
            except SpecError as error:
                faults += error.faults
        if not faults:
            return study
    raise SpecError(sorted(dict.fromkeys(faults), key=_line_of))


def _line_of(fault: Fault) -> tuple[str, int]:
    place, _, line = fault.place.rpartition(":")
    return (place, int(line)) if line.isdigit() else (fault.place, 0)


def _variant_names(tree: Node) -> list[str]:
    variants = tree.get("variants")
    return [name for name, _ in variants.items()] if variants else []


def _points(tree: Node, variant: str, faults: list[Fault]) -> Iterator[Point]:
    """A variant -> its points; faults are appended."""
    path: Path = ("variants", variant)
    if not re.fullmatch(r"[^\s/\\.][^/\\]*", variant):
        faults.append(tree.fault(path, "a variant's name may not start with a dot or hold a slash"))
    model = family_of(tree, path, faults)
    if model is None:
        return
    own = tree.get("variants").get(variant)  # type: ignore[union-attr]
    assert own is not None
    has_own = own.get("sweep") is not None
    sweep_path: Path = (*path, "sweep") if has_own else ("sweep",)
    sweep_node = own.get("sweep") if has_own else tree.get("sweep")
    sweep = sweep_node.plain() if sweep_node else {}
    try:
        _sweep(sweep)
    except RuleErrors as error:
        faults += [tree.fault((*sweep_path, key), text) for key, text in error.broken]
        return
    except ValueError as error:
        faults.append(tree.fault(sweep_path, str(error)))
        return
    unknown = [key for key in sweep if key not in model.model_fields or key == "family"]
    both = [key for key in sweep if has_own and own.get(key) is not None]
    faults += [tree.fault((*sweep_path, k), unknown_key(k, model.model_fields)) for k in unknown]
    faults += [tree.fault((*path, k), "is set here and swept too") for k in both]
    if unknown or both:
        return
    settings = Node({k: v for k, v in own.items() if k != "sweep"}, own.place)
    yield from _sweep_points(tree, variant, settings, sweep, sweep_path, faults)


def _sweep_points(
    tree: Node,
    variant: str,
    settings: Node,
    sweep: Mapping[str, list[Any]],
    sweep_path: Path,
    faults: list[Fault],
) -> Iterator[Point]:
    path: Path = ("variants", variant)
    model = family_of(tree, path, faults)
    assert model is not None
    wanted = list(product(*(enumerate(values) for values in sweep.values())))
    for choice in wanted:
        at = dict(zip(sweep, choice, strict=True))
        values = {key: value for key, (_, value) in at.items()}
        found: list[Fault] = []
        architecture = validate(model, settings, (), found, values)
        for fault in found:
            # The place of a swept setting is its value in the list; of any other, the variant's.
            key = fault.key.split(".")[0].split("[")[0]
            where = (
                (*sweep_path, key, at[key][0]) if key in at else (*path, *filter(None, [fault.key]))
            )
            moved = tree.fault(where, fault.message)
            if moved not in faults:
                faults.append(moved)
        if architecture is not None:
            yield Point(variant, values, architecture, path)
