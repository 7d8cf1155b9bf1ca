"""Wording of faults: values as a user writes them, names that were probably meant."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

_SHOWN_BITS = 128


def show(value: Any, limit: int = 60) -> str:
    """A value as a user would write it, shortened: null, true, 'text', 3, [1, 2], {window: 4}."""
    text = _as_written(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _as_written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_as_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_written, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    if isinstance(value, int) and value.bit_length() > _SHOWN_BITS:
        return f"a whole number of {value.bit_length()} bits"  # Python itself refuses the longest
    return repr(value)


def near_miss(name: str, valid: Iterable[str], cutoff: float = 0.6) -> str:
    """The end of a message whose start lists the valid names: the one probably meant, or ''."""
    by_small = {known.lower(): known for known in valid}
    close = difflib.get_close_matches(name.lower(), by_small, n=1, cutoff=cutoff)
    return f". Did you mean `{by_small[close[0]]}`?" if close else ""


def nearest(name: str, valid: Iterable[str]) -> str:
    """The end of a message: the one name probably meant, else all that are valid."""
    names = list(valid)
    return near_miss(name, names) or f"; valid: {', '.join(names)}"


def unknown_key(name: str, valid: Iterable[str]) -> str:
    """The message for a key that nothing reads."""
    return f"unknown key `{name}`{nearest(name, valid)}"
