"""Connectivity: which earlier outputs a layer of a dense block reads.

Source 0 is the block's input, source s >= 1 the output of layer s. Layer l reads a subset of
0..l-1; the transition or classifier behind the block reads everything, whatever the rule.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema

from ablate.text import MOST, Frozen, Positive, Real, is_number, is_whole, near_miss, show

Sources = tuple[int, ...]


class Window(Frozen):
    """Local dense connectivity (arXiv 1806.01935)."""

    window: Positive
    """A layer reads the last w sources."""

    def sources(self, layer: int) -> Sources:
        return _last(self.window, layer)


class FractionOf(Frozen):
    """A number for how dense a block is, so that it can be swept and searched."""

    fraction: Real
    """A layer reads the last ceil(p l) sources, 0 < p <= 1."""

    def sources(self, layer: int) -> Sources:
        return _last(ceil(exact(self.fraction) * layer), layer)


def exact(value: float) -> Fraction:
    """A decimal as it was written: 0.3 -> 3/10, where the float itself is a little less."""
    return Fraction(repr(value))


def _last(count: int, layer: int) -> Sources:
    return tuple(range(max(0, layer - count), layer))


def _powers(layer: int) -> list[int]:
    """2^j with l - 2^j >= 0, largest first, so that the sources ascend."""
    return [2**j for j in reversed(range(layer.bit_length()))]


# Names -> l -> sources. `last_half` and `every_other` are our definitions for journal Fig. 8; `log`
# is from Log-DenseNet and SparseNet, `last_log` its control with as many sources; `harmonic` from
# HarDNet, `one_shot` from VoVNet. `full` is dense within a block; that its transitions only pool,
# so that every map reaches every later layer, is the builder's part (journal Fig. 7, CondenseNet).
RULES: dict[str, Callable[[int], Sources]] = {
    "dense": lambda layer: _last(layer, layer),
    "last_half": lambda layer: _last((layer + 1) // 2, layer),
    "every_other": lambda layer: tuple(sorted(range(layer - 1, -1, -2))),
    "log": lambda layer: tuple(layer - p for p in _powers(layer)),
    "last_log": lambda layer: _last(layer.bit_length(), layer),
    "harmonic": lambda layer: tuple(layer - p for p in _powers(layer) if layer % p == 0),
    "one_shot": lambda layer: (layer - 1,),
    "full": lambda layer: _last(layer, layer),
}


def _parse(value: Any) -> Any:
    if isinstance(value, str) and value in RULES:
        return value
    if isinstance(value, Window | FractionOf):
        return value
    if isinstance(value, dict) and len(value) == 1:
        ((key, number),) = value.items()
        if key == "window":
            if not is_whole(number) or number < 1:
                raise ValueError(f"window: must be a whole number >= 1, got {show(number)}")
            if number > MOST:
                raise ValueError(f"window: must be <= {MOST}, got {show(number)}")
            return Window(window=number)
        if key == "fraction":
            if is_number(number) and 0 < number <= 1:
                return FractionOf(fraction=number)
            raise ValueError(f"fraction: must be a number > 0 and <= 1, got {show(number)}")
    names = [*RULES, "{window: w}", "{fraction: p}"]
    near = near_miss(value, RULES) if isinstance(value, str) else ""
    raise ValueError(f"must be one of {', '.join(names)}, got {show(value)}{near}")


Rule = Literal[
    "dense", "last_half", "every_other", "log", "last_log", "harmonic", "one_shot", "full"
]
Connectivity = Annotated[
    Rule | Window | FractionOf,
    BeforeValidator(_parse),
    WithJsonSchema(
        {
            "oneOf": [
                {"enum": list(RULES)},
                *(
                    {
                        "type": "object",
                        "properties": {key: schema},
                        "required": [key],
                        "additionalProperties": False,
                    }
                    for key, schema in (
                        ("window", {"type": "integer", "minimum": 1, "maximum": MOST}),
                        ("fraction", {"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
                    )
                ),
            ]
        }
    ),
]


def sources(connectivity: Rule | Window | FractionOf, layer: int) -> Sources:
    """Connectivity and layer l >= 1 -> the sources it reads, ascending, without repeats."""
    if isinstance(connectivity, str):
        return RULES[connectivity](layer)
    return connectivity.sources(layer)
