"""A kind of study: the keys of a study file that it reads, what it makes of them, its rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from ablate.cells import DatasetFacts
from ablate.study.planner import Planner
from ablate.study.points import Point, Sweep
from ablate.study.race import Race
from ablate.text import Frozen, ListOf, Reader, Real, Seed, is_whole, show

if TYPE_CHECKING:
    from ablate.study.search import Search
    from ablate.study.study import Study


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


_LIST = TypeAdapter[tuple[int, ...]](
    Annotated[ListOf[Seed], BeforeValidator(_seeds), AfterValidator(_different)]
)


def _list_or_race(value: Any, _: ValidatorFunctionWrapHandler) -> Any:
    """One of the two, so that faults are those of what was meant."""
    return Race.model_validate(value) if isinstance(value, dict) else _LIST.validate_python(value)


class SeedKeys(Frozen):
    """Of studies that train."""

    seeds: Annotated[tuple[Seed, ...] | Race, WrapValidator(_list_or_race)] = (0,)
    """Every cell is trained once with each; a list, as one number could be how many, or which.
    Or {least: 3, most: 10, until: decided}: more while a comparison is open."""

    @property
    def first_seeds(self) -> tuple[int, ...]:
        """Those that every point has."""
        return self.seeds.first if isinstance(self.seeds, Race) else self.seeds

    @property
    def race(self) -> dict[str, int]:
        """How few and how many seeds a point may have, where they race."""
        seeds = self.seeds
        return {"least": seeds.least, "most": seeds.most} if isinstance(seeds, Race) else {}

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """Those that a point may come to have."""
        return self.seeds.all if isinstance(self.seeds, Race) else self.seeds


class MarginKeys(Frozen):
    """Of studies that compare points."""

    margin: Annotated[Real, Field(gt=0)] | None = None
    """The least difference in error that matters, in points; without it nothing is equal."""


class SweepKeys(Frozen):
    """Of studies that say at which points they look."""

    sweep: Sweep = Field(default_factory=dict)
    """Setting -> values, for variants without their own."""


class VariantKeys(SweepKeys):
    """Of studies that name their networks."""

    variants: Annotated[dict[str, Any], Field(min_length=1)] = Field(default_factory=dict)
    """Name -> an architecture, or `from:` a file with one; perhaps its own sweep and recipe."""


@dataclass(frozen=True)
class Content:
    """What a kind of study makes of its own keys, beside the points of `variants`."""

    points: tuple[Point, ...] = ()
    search: Search | None = None


@dataclass(frozen=True)
class Asked:
    """The question of a run folder: the one that it holds, or another that is asked of it."""

    kind: StudyKind
    study: Callable[[], Study]  # called by the kinds alone that compare more than what follows
    items: frozenset[str] = frozenset()  # its cells or networks, those that can be listed
    dataset: str = ""  # the fingerprint of its content, where its name does not tell


def lacking(what: str, held: Asked, asked: Asked) -> list[str]:
    """The rule of kinds that list their items, which are `what`: a run goes on with all of them."""
    gone = len(held.items - asked.items)
    return [f"{gone} of its {len(held.items)} {what} are not in this study"] if gone else []


# How a study that lists its cells may go on.
MORE_CELLS = (
    "More seeds, variants or sweep points extend a run; for anything else give the new question a "
    "folder of its own with --as NAME"
)


@dataclass(frozen=True)
class StudyKind:
    """One kind of study; refusals and the JSON schema follow from its keys."""

    keys: type[Frozen]  # what it reads beside the keys of every study
    needs: tuple[str, ...]  # a file without them is none of this kind
    has: str  # the same in words
    # With the facts of its dataset, where the name alone has them.
    read: Callable[[Reader, DatasetFacts | None], Content]
    # Why a run of the first question cannot go on with the second, which is of this kind.
    changed: Callable[[Asked, Asked], list[str]]
    extended: str  # by what a run is extended instead, in a sentence
    written: Literal["train", "measure"] = "train"  # as its `kind:`
    only: str = ""  # what is said of its own keys in studies that train and do not read them
    refuses: str = ""  # what it says of keys of kinds that have no `only`
    planner: Callable[[Study], Planner | None] = lambda study: None  # None: it lists all its cells
    # What tables and figures need to know of a study beside its cells, as it stands in plan.json.
    head: Callable[[Study], Mapping[str, Any]] = lambda study: {}
    alone: str = ""  # what keeps studies of other kinds out of a folder of it

    @property
    def names(self) -> tuple[str, ...]:
        """The keys it reads beside those of every study."""
        return tuple(self.keys.model_fields)

    def refusals(self, held: Asked, asked: Asked) -> list[str]:
        """Why a run that `held` one question cannot go on with what is `asked`; none if it can."""
        kept_out = held.kind.alone if held.kind != self else ""
        return [kept_out] if kept_out else self.changed(held, asked)
