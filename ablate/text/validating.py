"""A tree of nodes + a pydantic model -> an instance, or every fault in this project's words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ablate.errors import Fault
from ablate.text.sheets import Sheet
from ablate.text.shown import as_html
from ablate.text.tree import Node, Path, format_path
from ablate.text.wording import near_miss, show, unknown_key


class Frozen(BaseModel):
    """A configuration: a value that refuses unknown keys, its fields described by docstrings."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        validate_default=False,
        use_attribute_docstrings=True,
    )
    moved: ClassVar[Mapping[str, str]] = {}  # keys that another map has -> where

    @classmethod
    def takes(cls, key: str) -> bool:
        """Whether it may have a key of this name, whatever its others are."""
        return key in cls.model_fields

    def _repr_html_(self) -> str:
        """What a notebook shows: a row per setting."""
        rows = [
            [name, value if isinstance(value, str) else show(value)]
            for name, value in self.model_dump().items()
        ]
        sheet = Sheet((["setting", "value"], rows), type(self).__name__)
        return as_html([sheet])


def is_whole(value: Any) -> bool:
    """Whether a value is an int as written: `3`, neither `3.0` nor `true`."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is an int or a float, and no `true`."""
    return is_whole(value) or isinstance(value, float)


def _number(value: Any) -> Any:
    if not is_number(value):
        raise ValueError(f"must be a number, got {show(value)}")
    if MOST_REAL < abs(value) < math.inf:
        raise ValueError(f"must be <= {MOST_REAL:g} in size, got {show(value)}")
    return value


def _part(value: Any) -> Any:
    if not is_number(value) or not 0 < value <= 1:
        raise ValueError(f"must be a number > 0 and <= 1, got {show(value)}")
    return float(value)


def _list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


T = TypeVar("T")
MOST = 2**31 - 1  # of a number of things: every library that is handed one can hold it
MOST_SEED = 2**63 - 1  # of a cell: a column of numbers can hold it
MOST_DRAWN = 2**32 - 1  # of a seed that NumPy's generators are given as it is
MOST_WIDTH = 2**16  # maps of a layer, and classes: as many as a predicted class is kept in
MOST_PIXELS = 2**14  # of an image's height and width
MOST_REAL = 1e30  # far below the largest float32, as optimizers divide and multiply what is given
Positive = Annotated[StrictInt, Field(ge=1, le=MOST)]
NotNegative = Annotated[StrictInt, Field(ge=0, le=MOST)]
Width = Annotated[Positive, Field(le=MOST_WIDTH)]
Pixels = Annotated[Positive, Field(le=MOST_PIXELS)]
Seed = Annotated[StrictInt, Field(ge=0, le=MOST_SEED)]
DrawnSeed = Annotated[StrictInt, Field(ge=0, le=MOST_DRAWN)]
Real = Annotated[float, BeforeValidator(_number)]
Share = Annotated[Real, Field(ge=0, lt=1)]
Part = Annotated[
    float,
    BeforeValidator(_part),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
]
Text = StrictStr
Flag = StrictBool
ListOf = Annotated[tuple[T, ...], BeforeValidator(_list)]


def repeats(values: Iterable[Any]) -> bool:
    """Whether a list of plain values, maps and lists too, has one twice."""
    frozen = [_frozen(value) for value in values]
    return len(set(frozen)) < len(frozen)


def _frozen(value: Any) -> Any:
    """A plain value that can be hashed, equal to that of an equal one."""
    if isinstance(value, dict):
        return frozenset((key, _frozen(child)) for key, child in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(_frozen, value))
    return value


class RuleErrors(ValueError):
    """Broken rules between the settings of one model: (setting, message) pairs, all at once."""

    def __init__(self, broken: Iterable[tuple[str, str]]) -> None:
        self.broken = tuple(broken)
        super().__init__("; ".join(f"{key}: {message}" for key, message in self.broken))


def check_rules(broken: Iterable[tuple[str, str]]) -> None:
    """Raise RuleErrors unless `broken` is empty."""
    if found := tuple(broken):
        raise RuleErrors(found)


M = TypeVar("M", bound=BaseModel)


def validate(
    model: type[M],
    tree: Node,
    path: Path,
    faults: list[Fault],
    extra: Mapping[str, Any] | None = None,
    *,
    rules: bool = True,
) -> M | None:
    """The part of `tree` at `path`, as a `model`; None with its faults appended to `faults`.

    `extra` values are laid over what was written (a sweep's value, say). Rules between the settings
    of one map are looked at once each of these settings is valid by itself: before, they could only
    guess at what was meant. `rules=False` leaves them out, for a map that is known to lack a part.
    """
    value = tree.at(path).plain()
    if not isinstance(value, dict):
        faults.append(tree.fault(path, f"must be a map of settings, got {show(value)}"))
        return None
    value = {**value, **(extra or {})}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults += faults_of(error, model, tree, path, rules=rules)
        unknown = [detail["loc"] for detail in error.errors() if detail["type"] == _UNKNOWN]
    if unknown:
        # Rules between settings run only on a model whose keys are all known: look again without.
        known = _without(value, unknown)
        try:
            model.model_validate(known)
        except ValidationError as error:
            found = faults_of(error, model, tree, path, rules=rules)
            faults += [fault for fault in found if fault not in faults]
    return None


def _without(value: dict[str, Any], paths: Iterable[Path]) -> dict[str, Any]:
    """A copy of nested maps less the keys at `paths`."""
    copy = {k: _without(v, ()) if isinstance(v, dict) else v for k, v in value.items()}
    for *parents, last in paths:
        inside: Any = copy
        for key in parents:
            inside = inside[key]
        del inside[last]
    return copy


def faults_of(
    error: ValidationError, model: type[BaseModel], tree: Node, path: Path, *, rules: bool = True
) -> list[Fault]:
    """Pydantic's errors -> faults with places in `tree`, in the order they were written."""
    faults = []
    for detail in error.errors():
        location = (*path, *detail["loc"])
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, RuleErrors):
            broken = cause.broken if rules else ()
            faults += [tree.fault((*location, *_split(key)), text) for key, text in broken]
        else:
            faults.append(tree.fault(location, _message(detail, model)))
    return faults


def below(path: Path, fault: Fault) -> Fault:
    """A fault of a part of the tree, with the key it has in the whole."""
    return replace(fault, key=".".join(filter(None, [format_path(path), fault.key])))


def _split(key: str) -> Path:
    return tuple(key.split(".")) if key else ()


_UNKNOWN = "extra_forbidden"
_BOUNDS = {
    "greater_than_equal": (">=", "ge"),
    "greater_than": (">", "gt"),
    "less_than_equal": ("<=", "le"),
    "less_than": ("<", "lt"),
}
_KINDS = {
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "dict_type": "must be a map",
    "model_type": "must be a map of settings",
    "model_attributes_type": "must be a map of settings",
}


def models_of(field: FieldInfo) -> tuple[type[BaseModel], ...]:
    """The models that a field may be; `Match | None` is one."""
    kinds = get_args(field.annotation) or (field.annotation,)
    return tuple(k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel))


def _unknown(name: str, model: type[BaseModel]) -> str:
    """The message for a key that a model lacks: one that another map has may be meant."""
    if issubclass(model, Frozen) and name in model.moved:
        return f"unknown key `{name}`. Did you mean `{model.moved[name]}`?"
    alike = near_miss(name, model.model_fields, cutoff=0.8)
    inside = [
        f"{key}.{name}"
        for key, field in model.model_fields.items()
        for kind in models_of(field)
        if name in kind.model_fields
    ]
    if inside and not alike:
        return f"unknown key `{name}`. Did you mean `{inside[0]}`?"
    return unknown_key(name, model.model_fields)


def _model_at(model: type[BaseModel], location: Path) -> type[BaseModel]:
    """The model that holds the last key of `location`."""
    for key in location[:-1]:
        field = model.model_fields.get(str(key))
        if field is None:
            break
        model = next(iter(models_of(field)), model)
    return model


def _message(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context, found = detail["type"], detail.get("ctx", {}), show(detail["input"])
    if kind == _UNKNOWN:
        return _unknown(str(detail["loc"][-1]), _model_at(model, detail["loc"]))
    if kind == "missing":
        return "required key is missing"
    if kind in _BOUNDS:
        sign, name = _BOUNDS[kind]
        bound = context[name]
        return f"must be {sign} {bound if is_whole(bound) else f'{bound:g}'}, got {found}"
    if kind == "literal_error":
        names = [
            part.strip(" '") for part in str(context["expected"]).replace(" or ", ", ").split(",")
        ]
        hint = near_miss(detail["input"], names) if isinstance(detail["input"], str) else ""
        return f"must be one of {', '.join(names)}, got {found}{hint}"
    if kind == "too_short":
        return "must not be empty"
    if kind == "value_error":
        return str(context["error"])
    if kind in _KINDS:
        return f"{_KINDS[kind]}, got {found}"
    return f"{detail['msg']}, got {found}"
