"""Parts of a recipe that may be code of a user's: its loss, its optimizer, an augmentation.

A study names one as `MODULE:NAME`, by an entry point, or as a map, `{from: MODULE:NAME, KEY:
value}`, whose other keys are parameters of the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ablate.plugins import AUGMENTATION, LOSS, OPTIMIZER, Chosen, Kind
from ablate.text import near_miss, show

FROM = "from"
OPTIMIZERS = ("sgd", "adamw")  # ours
KINDS = {"optimizer": OPTIMIZER, "loss": LOSS, "augmentation": AUGMENTATION}
_NAME = {"type": "string", "pattern": ":"}
_MAP = {"type": "object", "properties": {FROM: {"type": "string"}}, "required": [FROM]}


def _named(kind: Kind, ours: Sequence[str] = ()) -> Any:
    def check(value: Any) -> Any:
        name = value.get(FROM) if isinstance(value, dict) else value
        if not isinstance(name, str):
            what = ", ".join([*ours, "MODULE:NAME"])
            raise ValueError(f"must be {what} or a map with `{FROM}`, got {show(value)}")
        if name not in ours and not kind.is_named(name):
            known = [*ours, *kind.names]
            rule = f"must be one of {', '.join(known)}" if known else "must be MODULE:NAME"
            raise ValueError(f"{rule}, got {show(name)}{near_miss(name, known)}")
        return value

    choices = [*([{"enum": list(ours)}] if ours else []), _NAME, _MAP]
    return Annotated[
        str | dict[str, Any], BeforeValidator(check), WithJsonSchema({"anyOf": choices})
    ]


OptimizerName = _named(OPTIMIZER, OPTIMIZERS)
LossName = _named(LOSS)
AugmentationName = _named(AUGMENTATION)


def plugged_in(
    written: Mapping[str, Any],
) -> tuple[dict[str, Chosen], list[tuple[str, str]]]:
    """A recipe's parts by key -> those that are code, and what is wrong with them."""
    plugged: dict[str, Chosen] = {}
    broken: list[tuple[str, str]] = []
    for key, kind in KINDS.items():
        value = written.get(key)
        if value is None or value in OPTIMIZERS:
            continue
        settings = dict(value) if isinstance(value, dict) else {FROM: value}
        name = settings.pop(FROM)
        faults = kind.faults(name, settings)
        broken += [(f"{key}.{setting}" if setting else key, rule) for setting, rule in faults]
        if not faults:
            plugged[key] = kind.chosen(name, settings)
    return plugged, broken
