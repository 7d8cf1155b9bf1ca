"""Ablation designs: the variants that follow from a baseline and named changes to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ablate.space.greedy import BASELINE, Changes, Steps, variant_of
from ablate.text import Flag, Frozen, Node, Path, Real, check_rules, from_plain

FULL, BARE = "full", "bare"
MOST_CELLS = 300  # of a factorial design: more was hardly meant

Kind = Literal["one_at_a_time", "leave_one_out", "factorial", "path"]
Settings = Annotated[dict[str, Any], Field(min_length=1)]
# Keys that each kind reads beside `kind` and `baseline`; it needs the first.
_READ: dict[str, tuple[str, ...]] = {
    "one_at_a_time": ("changes",),
    "leave_one_out": ("changes", "bare"),
    "factorial": ("factors",),
    "path": ("changes", "margin"),
}


class Design(Frozen):
    """How variants are made of a baseline. In every map, `recipe:` changes the study's recipe."""

    kind: Kind
    """one_at_a_time: the baseline with one change. leave_one_out: all changes but one.
    factorial: every combination of levels. path: greedily, one change more in every round."""
    baseline: Settings
    """An architecture."""
    changes: Annotated[dict[str, Settings], Field(min_length=1)] = Field(default_factory=dict)
    """Name -> settings laid over the baseline."""
    factors: Annotated[dict[str, Any], Field(min_length=1)] = Field(default_factory=dict)
    """factorial: setting -> values, or name -> {level: settings}; first levels are the
    reference."""
    bare: Flag = False
    """leave_one_out: the baseline without any change too."""
    margin: Annotated[Real, Field(ge=0)] = 0.0
    """path: points of error that a change must win by more than, beside beating the noise."""

    @model_validator(mode="after")
    def _rules(self) -> Design:
        read = _READ[self.kind]
        keys = [key for key in Design.model_fields if key not in ("kind", "baseline")]
        broken = [
            (key, f"is read only with {' and '.join(owners)}; this design is {self.kind}")
            for key in keys
            if key in self.model_fields_set and key not in read
            for owners in [[kind for kind in _READ if key in _READ[kind]]]
        ]
        if read[0] not in self.model_fields_set:
            broken.append((read[0], "required key is missing"))
        check_rules(broken)
        return self

    def reference(self, study: str) -> str:
        """The variant that differences are taken against, in the study of that name."""
        return {"leave_one_out": FULL, "factorial": study}.get(self.kind, BASELINE)

    def head(self, steps_are: Steps = "tested") -> dict[str, Any]:
        """What tables need to know of it, and what decides the steps of a path."""
        firsts = {factor: next(iter(levels)) for factor, levels in self.factors.items()}
        known: dict[str, Any] = {
            "factorial": {"reference": firsts},
            "path": {
                "changes": list(self.changes),
                "margin": self.margin,
                "steps": steps_are,  # of earlier versions, which do not say it: observed
                "most_points": self.most_points(),
            },
        }
        return {"kind": self.kind, **known.get(self.kind, {})}

    def most_points(self) -> int:
        """How many points a path may come to, every change being accepted."""
        count = len(self.changes)
        return 1 + count * (count + 1) // 2


@dataclass(frozen=True)
class Layer:
    """Settings that are laid over others: a map, or the value of one setting."""

    path: Path  # where they were written
    setting: str = ""  # dotted; of the value at `path`. Empty: there is a map

    def settings(self, tree: Node) -> Node:
        """As a map."""
        found = tree.at(self.path)
        for key in reversed(self.setting.split(".") if self.setting else []):
            found = Node({key: found}, found.place)
        return found if isinstance(found.value, dict) else from_plain({}, found.place)

    def locate(self, tree: Node, key: Path) -> Path | None:
        """Where the setting `key` was written; None where this layer does not have it."""
        depth = 2 if key[:1] == ("recipe",) else 1
        try:
            self.settings(tree).at(key[:depth])
        except KeyError:
            return None
        own = len(self.setting.split(".")) if self.setting else 0
        return (*self.path, *key[own:])


@dataclass(frozen=True)
class Laid:
    """A variant at one point of its sweep, as layers, the lowest first."""

    variant: str
    sweep: Mapping[str, Any]
    layers: tuple[Layer, ...]
    path: Path  # what makes it differ from the reference


_BASE = Layer(("design", "baseline"))


def _change(name: str) -> Layer:
    return Layer(("design", "changes", name))


def laid_on_path(point: Changes) -> Laid:
    """A point of a path."""
    layers = (_BASE, *map(_change, point))
    return Laid(variant_of(point), {}, layers, layers[-1].path)


def expand(
    design: Design, study: str, sweep: Mapping[str, Sequence[Any]] | None = None
) -> Iterator[Laid]:
    """A design -> its variants, the reference first; of a path those of the first round.

    Each is taken at every point of `sweep`; in a factorial design the factors are the sweep.
    """
    names = {key: list(values) for key, values in (sweep or {}).items()}
    swept = {
        key: [Layer(("sweep", key, i), key) for i in range(len(values))]
        for key, values in names.items()
    }
    if design.kind == "factorial":
        names = {factor: list(levels) for factor, levels in design.factors.items()}
        swept = {factor: list(_levels(factor, found)) for factor, found in design.factors.items()}
    for laid in _variants(design, study):
        for choice in product(*(range(len(levels)) for levels in swept.values())):
            picked = dict(zip(swept, choice, strict=True))
            values = {key: names[key][i] for key, i in picked.items()}
            on_top = tuple(swept[key][i] for key, i in picked.items())
            yield replace(laid, sweep=values, layers=(*laid.layers, *on_top))


def _levels(factor: str, levels: list[Any] | dict[str, Any]) -> Iterator[Layer]:
    path: Path = ("design", "factors", factor)
    if isinstance(levels, dict):
        yield from (Layer((*path, level)) for level in levels)
    else:
        yield from (Layer((*path, index), factor) for index in range(len(levels)))


def _variants(design: Design, study: str) -> Iterator[Laid]:
    """Without the points of a sweep."""
    changes = [_change(name) for name in design.changes]
    if design.kind == "factorial":
        yield Laid(study, {}, (_BASE,), ("design", "factors"))
    elif design.kind == "leave_one_out":
        yield Laid(FULL, {}, (_BASE, *changes), ("design", "changes"))
        for name, out in zip(design.changes, changes, strict=True):
            rest = (change for change in changes if change != out)
            yield Laid(f"without {name}", {}, (_BASE, *rest), out.path)
        if design.bare:
            yield Laid(BARE, {}, (_BASE,), _BASE.path)
    else:
        yield laid_on_path(())
        yield from (laid_on_path((name,)) for name in design.changes)
