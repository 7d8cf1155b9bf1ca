"""An ablation design: variants that follow from a baseline and changes to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial, reduce
from typing import TYPE_CHECKING, Any

from ablate.cells import COLUMNS, DatasetFacts, Recipe, changed_recipe, fitted, point_label
from ablate.errors import Fault
from ablate.networks import Architecture, read_architecture
from ablate.space import (
    AND,
    BASELINE,
    MOST_CELLS,
    Changes,
    Design,
    Laid,
    changes_of,
    expand,
    laid_on_path,
    tried_by,
    variant_of,
    walk,
)
from ablate.study.kind import (
    MORE_CELLS,
    Content,
    MarginKeys,
    SeedKeys,
    StudyKind,
    SweepKeys,
    lacking,
)
from ablate.study.planner import Planner, Standing, Wanted
from ablate.study.points import Point, readable_sweep
from ablate.study.race import race_planner
from ablate.text import (
    VARIANT_NAME_RULE,
    Node,
    Path,
    Reader,
    RuleErrors,
    format_path,
    is_variant_name,
    merge,
    parse_path,
    repeats,
    show,
)

if TYPE_CHECKING:
    from ablate.study.study import Study, StudyCell

_CHANGES: Path = ("design", "changes")
_FACTORS: Path = ("design", "factors")


class DesignKeys(SweepKeys, SeedKeys, MarginKeys):
    """What a study with a design reads."""

    design: Design | None = None
    """Variants that follow from a baseline and changes to it."""


def _read(reader: Reader, facts: DatasetFacts | None) -> Content:
    """The points of a study with a design; of a path those of its first round."""
    design = reader.part(Design, ("design",))
    if design is None or "from" in design.baseline:  # else its file could not be read: told
        return Content()
    before = len(reader.faults)
    _check_names(reader, design)
    _check_factors(reader, design)
    _check_path(reader, design)
    _check_race(reader, design)
    if design.kind == "leave_one_out":
        _check_conflicts(reader, design)
    _, sweep = readable_sweep(reader, ("sweep",))
    _check_sweep(reader, design, sweep)
    if len(reader.faults) > before:
        return Content()
    name = reader.plain("name")
    points: list[Point] = []
    seen: set[Fault] = set()  # before it is said which variant has it
    for laid in expand(design, name if isinstance(name, str) else "", sweep):
        point, faults = _point(reader, laid, facts)
        reader.add(_of_variant(fault, laid) for fault in faults if fault not in seen)
        seen.update(faults)
        points += [point] if point else []
    if len(reader.faults) == before:
        _check_different(reader, points)
    return Content(tuple(points))


DESIGN = StudyKind(
    keys=DesignKeys,
    needs=("design",),
    has="a design",
    read=_read,
    changed=partial(lacking, "cells"),
    extended=MORE_CELLS,
    refuses="is not read beside a design, which makes variants of its own baseline",
    planner=lambda study: _planner(study),
    head=lambda study: _head(study),
)


@dataclass(frozen=True)
class PathPlanner:
    """Of a greedy path: round after round, each by the errors of those before."""

    study: Study
    design: Design

    def so_far(self, seen: Standing, facts: DatasetFacts) -> tuple[StudyCell, ...]:
        """The cells of all rounds that are decided and of the open one.

        Behind them those that an earlier path took, before a retry or another seed turned it, as
        far as they are this study's.
        """
        build = cache(lambda point: point_on_path(self.study.tree, point, facts))
        tried = tried_by(self._cells(seen), self.study.file.first_seeds)
        on_path = walk(
            changes := tuple(self.design.changes),
            self.design.margin,
            tried,
            lambda point: build(point) is not None,
            self.study.steps_are,
        ).points
        begun = {(cell.variant, cell.seed): None for cell in seen.cells}
        left = (changes_of(variant, changes) for variant, _ in begun)
        off_path = dict.fromkeys(point for point in left if point and point not in on_path)
        points = [point for each in (*on_path, *off_path) if (point := build(each))]
        names = {variant_of(point) for point in on_path}
        return tuple(
            cell
            for cell in replace(self.study, points=tuple(points)).cells(facts)
            if cell.variant in names or (cell.variant, cell.seed) in begun
        )

    def next(self, seen: Standing, facts: Callable[[], DatasetFacts]) -> Wanted:
        """The next round, once the last one has decided."""
        if not seen.have_ended:
            return Wanted()
        begun = {(cell.variant, cell.seed) for cell in seen.cells}
        cells = self.so_far(seen, facts())
        return Wanted(tuple(cell for cell in cells if (cell.variant, cell.seed) not in begun))

    def most_cells(self) -> int:
        """As many as with every change accepted."""
        return self.design.most_points() * len(self.study.file.first_seeds)

    def at_once(self, seen: Standing, undone: int) -> int:
        """Those of the open round, or of the next one; with none undone the path is at its end."""
        points = (changes_of(cell.variant, list(self.design.changes)) for cell in seen.cells)
        rounds = max((len(point) for point in points if point), default=0)
        following = (len(self.design.changes) - rounds) * len(self.study.file.first_seeds)
        return max(undone, following) if undone else 0

    def _cells(self, seen: Standing) -> Iterator[tuple[str, int, str, float | None]]:
        for cell in seen.cells:
            attempts = seen.attempts[cell.key]
            yield cell.variant, cell.seed, attempts.state, attempts.error


def point_on_path(tree: Node, changes: Changes, facts: DatasetFacts) -> Point | None:
    """A point of a checked study's path; None where these changes cannot be built together."""
    return _point(Reader(tree), laid_on_path(changes), facts)[0]


def _head(study: Study) -> dict[str, Any]:
    design = study.file.design
    if design is None:
        return {}
    return {"baseline": design.reference(study.name), "design": design.head(study.steps_are)}


def _planner(study: Study) -> Planner | None:
    design = study.file.design
    is_path = design and design.kind == "path"
    return PathPlanner(study, design) if design and is_path else race_planner(study)


def _point(
    reader: Reader, laid: Laid, facts: DatasetFacts | None
) -> tuple[Point | None, list[Fault]]:
    """Layers -> a point, or its faults."""
    whole = reduce(merge, [layer.settings(reader.tree) for layer in laid.layers])
    network = Reader(whole.without("recipe"))
    architecture = read_architecture(network)
    if architecture and facts:
        try:
            fitted(architecture, facts)
        except RuleErrors as error:
            network.add(whole.fault((key,), message) for key, message in error.broken)
    recipe, of_recipe = changed_recipe(reader, whole)
    faults = [_located(fault, reader.tree, laid) for fault in (*network.faults, *of_recipe)]
    if faults or architecture is None:
        return None, faults
    return Point(laid.variant, laid.sweep, architecture, laid.path, recipe=recipe), []


def _located(fault: Fault, tree: Node, laid: Laid) -> Fault:
    """A fault of the layers as a whole, with the key it was written under."""
    key = parse_path(fault.key)
    for layer in reversed(laid.layers):
        if path := layer.locate(tree, key):
            return replace(fault, key=format_path(path))
    if key[:1] == ("recipe",) or not key:
        return fault
    return replace(fault, key=format_path((*laid.layers[0].path, *key)))


def _of_variant(fault: Fault, laid: Laid) -> Fault:
    """A fault with the variant that has it, unless its place says so."""
    own = format_path(laid.layers[-1].path)
    if len(laid.layers) == 1 or fault.key == own or fault.key.startswith((f"{own}.", f"{own}[")):
        return fault
    values = ", ".join(f"{key}: {show(value)}" for key, value in laid.sweep.items())
    who = f"at {values}" if values else f"variant {laid.variant}"
    return replace(fault, message=f"{fault.message} ({who})")


def _check_names(reader: Reader, design: Design) -> None:
    for name in design.changes:
        path = (*_CHANGES, name)
        if not is_variant_name(name):
            reader.fault(path, VARIANT_NAME_RULE)
        elif name == BASELINE or AND in name:
            what = f"`{AND.strip()}` joins names" if AND in name else "is the name of the baseline"
            reader.fault(path, f"is no name for a change: {what}")


def _check_factors(reader: Reader, design: Design) -> None:
    before = len(reader.faults)
    for factor, levels in design.factors.items():
        path = (*_FACTORS, factor)
        if factor in COLUMNS:
            reader.fault(path, f"is no name for a factor: a column of tables is `{factor}`")
        if not isinstance(levels, list | dict) or len(levels) < 2:
            rule = "must be a list of at least 2 values, or a map of level: settings"
            reader.fault(path, f"{rule}, got {show(levels)}")
        elif isinstance(levels, list) and repeats(levels):
            reader.fault(path, f"must not repeat a value, got {show(levels)}")
        for level, settings in levels.items() if isinstance(levels, dict) else ():
            if not isinstance(settings, dict):  # an empty one is the baseline as it is
                reader.fault((*path, level), f"must be a map of settings, got {show(settings)}")
    seeds = reader.plain("seeds")
    count = len(seeds) if isinstance(seeds, list) else 1
    if design.kind == "factorial" and len(reader.faults) == before:
        cells = count * math.prod(len(levels) for levels in design.factors.values())
        if cells > MOST_CELLS:
            rule = f"must come to at most {MOST_CELLS} cells, got {cells}"
            instead = "a variant with its own `sweep:` may have more, a search needs fewer"
            reader.fault(_FACTORS, f"{rule}; {instead}")


def _check_sweep(reader: Reader, design: Design, sweep: Iterable[str]) -> None:
    if design.kind in ("factorial", "path") and reader.tree.get("sweep"):
        instead = "its factors are one" if design.kind == "factorial" else "it compares points"
        reader.fault(("sweep",), f"is not read with kind: {design.kind}; {instead}")
    for key in sweep:
        for layer in [("design", "baseline"), *((*_CHANGES, name) for name in design.changes)]:
            if reader.tree.find((*layer, key)):
                reader.fault((*layer, key), "is set here and swept too, by `sweep`")


def _check_path(reader: Reader, design: Design) -> None:
    if design.kind == "path" and reader.plain("data", "evaluate") == "test":
        message = "must be validation: a path may not choose on the test set"
        reader.fault(("data", "evaluate"), message)


def _check_race(reader: Reader, design: Design) -> None:
    if design.kind in ("factorial", "path") and isinstance(reader.plain("seeds"), dict):
        rule = f"must be a list with kind: {design.kind}, which needs equal seeds of its points"
        reader.fault(("seeds",), rule)


def _check_conflicts(reader: Reader, design: Design) -> None:
    """Changes of one setting cannot all be in the full method."""
    owners: dict[Path, str] = {}
    for name in design.changes:
        path = (*_CHANGES, name)
        for leaf in reader.tree.at(path).leaves():
            other = next((owners[o] for o in owners if o[: len(leaf)] == leaf[: len(o)]), None)
            if other is not None and other != name:
                message = f"is set by {other} too; the full method can have one of them"
                reader.fault((*path, *leaf), message)
            owners.setdefault(leaf, name)


def _check_different(reader: Reader, points: Sequence[Point]) -> None:
    """A variant that comes to the same as another compares nothing, so it was not meant."""
    recipe = reader.part(Recipe, ("recipe",))
    seen: dict[tuple[Architecture, Recipe | None], Point] = {}
    for point in points:
        trained = (point.architecture, point.recipe or recipe)
        if other := seen.get(trained):
            what = f"{point_label(point.variant, point.sweep)} comes to the same as"
            message = f"changes nothing: {what} {point_label(other.variant, other.sweep)}"
            reader.fault(point.path, message)
        seen.setdefault(trained, point)
