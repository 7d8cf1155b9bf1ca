"""`match`: the settings that are solved for each variant so that all of them cost the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from ablate.cells import COUNTED
from ablate.networks import Architecture
from ablate.text import Frozen, Path, Percentage, Reader, check_rules, nearest, read_amount, show

MEASURED = "step_seconds"  # of a training step, on the device of the run
MATCHABLE = (*COUNTED, MEASURED)
TOLERANCE, TOLERANCE_MEASURED = 0.05, 0.1  # where none is written
AS_BASELINE = "baseline"


def _targets(unit: str, value: Any) -> Any:
    """One target or a list of them -> a tuple; `baseline` stays."""
    if value == AS_BASELINE:
        return value
    written = value if isinstance(value, list | tuple) else [value]
    if any(item == AS_BASELINE for item in written):
        raise ValueError(f"must be either baseline or numbers, got {show(value)}")
    amounts = tuple(read_amount(item, unit) for item in written)
    if not amounts or len(set(amounts)) < len(amounts):
        raise ValueError(f"must be different numbers, at least one, got {show(value)}")
    return amounts


def _knobs(value: Any) -> Any:
    names = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(name, str) for name in names) or len({*names}) not in (1, 2):
        raise ValueError(f"must be a setting or a list of two, got {show(value)}")
    if len({*names}) < len(names):
        raise ValueError(f"must be different settings, got {show(value)}")
    return tuple(names)


_AMOUNT = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}
_TARGETS = WithJsonSchema(
    {"anyOf": [*_AMOUNT["anyOf"], {"type": "array", "minItems": 1, "items": _AMOUNT}]}
)
_Value = Literal["baseline"] | tuple[float, ...]
Count = Annotated[_Value, BeforeValidator(partial(_targets, "")), _TARGETS]
Bytes = Annotated[_Value, BeforeValidator(partial(_targets, "bytes")), _TARGETS]
_NAMES = {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string"}}
Knobs = Annotated[
    tuple[str, ...],
    BeforeValidator(_knobs),
    WithJsonSchema({"anyOf": [{"type": "string"}, _NAMES]}),
]


class VariantMatch(Frozen):
    """What a variant may change of its study's match."""

    by: Knobs | None = None
    """Settings that are solved."""
    tolerance: Percentage | None = None
    """How far from the target is still equal."""


class Match(VariantMatch):
    """A study's match: one metric, and the targets that every variant is to cost."""

    params: Count | None = None
    """Trainable numbers of a network."""
    macs: Count | None = None
    """Per image."""
    flops: Count | None = None
    """Per image."""
    saved_bytes: Bytes | None = None
    """Of a training step at the recipe's batch size."""
    peak_bytes: Bytes | None = None
    """Of a training step at the recipe's batch size: the most that it holds."""
    step_seconds: Count | None = None
    """Of a training step at the recipe's batch size, measured."""

    @model_validator(mode="after")
    def _one_metric(self) -> Match:
        given = [name for name in MATCHABLE if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none"
            check_rules([("", f"give one metric of {', '.join(MATCHABLE)}, got {got}")])
        return self

    @property
    def metric(self) -> str:
        return next(name for name in MATCHABLE if getattr(self, name) is not None)

    @property
    def targets(self) -> tuple[float, ...]:
        """Empty: what the baseline costs at each of its points."""
        written = getattr(self, self.metric)
        return () if written == AS_BASELINE else tuple(written)


@dataclass(frozen=True)
class Goal:
    """What one variant is to cost, and which of its settings are solved for it."""

    metric: str
    targets: tuple[float, ...]  # empty: what the baseline costs at each of its points
    by: tuple[str, ...]  # empty: this is the baseline, which stays as written
    tolerance: float  # a share of the target


@dataclass(frozen=True)
class Matched:
    """What a match came to at one point."""

    asked: str  # hash of all that the answer hangs on, but the device
    knobs: Mapping[str, Any]  # the solved settings; of a baseline as written, what it sweeps
    value: float  # of the metric, reached
    deviation: float  # of the value from the target, as a share of it


def target_key(metric: str) -> str:
    """The sweep key of a match's targets, a column of the results beside the metric's own."""
    return f"target_{metric}"


def read_goal(reader: Reader, variant: str, model: type[Architecture]) -> Goal | None:
    """A variant -> its goal; None with faults, or where the study has no match."""
    path: Path = ("variants", variant)
    own = reader.tree.find((*path, "match"))
    if reader.tree.get("match") is None:
        if own:
            reader.fault((*path, "match"), "changes the study's match, and the study has none")
        return None
    change = reader.part(VariantMatch, (*path, "match"), VariantMatch())
    match = reader.part(Match, ("match",)) if reader.plain("match") is not None else None
    if match is None or change is None:
        return None
    usual = TOLERANCE_MEASURED if match.metric == MEASURED else TOLERANCE
    tolerance = change.tolerance or match.tolerance or usual
    if not match.targets and reader.plain("baseline") == variant:
        if own:
            message = "is not read here: the others are matched to the baseline as it is written"
            reader.fault((*path, "match"), message)
        return Goal(match.metric, (), (), tolerance)
    by = change.by or match.by
    where: Path = (*path, "match", "by") if change.by else ("match", "by")
    if by is None:
        reader.fault(where, f"required key is missing: the settings of {variant} to solve")
        return None
    valid = sorted(model.scales(reader.plain(*path)))
    unknown = [name for name in by if name not in valid]
    for name in unknown:
        suffix = "" if change.by else f" (variant {variant})"
        hint = nearest(name, valid) if valid else ""
        reader.fault(where, f"`{name}` cannot be solved{hint}{suffix}")
    return None if unknown else Goal(match.metric, match.targets, by, tolerance)


def stand_ins(
    model: type[Architecture], settings: Mapping[str, Any], knobs: Sequence[str]
) -> dict[str, int]:
    """Values for settings that are still to be solved: the default, else the smallest.

    Valid ones, unless the other settings leave no choice of them.
    """
    scales = model.scales(settings)
    return {name: model.usual(name, settings) or scales.get(name, (1,))[0] for name in knobs}
