"""Numbers as people write them: 800k, 1.5M, 2G, 512MiB, 8GB, 5%."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ablate.text.validating import MOST_REAL, is_number
from ablate.text.wording import show

DECIMAL = {"k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
OF_BYTES = {
    **{f"{prefix}B": scale for prefix, scale in DECIMAL.items()},
    **{"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40},
}
RULE = "must be a number, maybe with k, M, G or T; of bytes also like 8GB or 8GiB"


def parse_count(text: str) -> float:
    """`800k` -> 800000.0, `2GiB` -> 2147483648.0, `1e6` -> 1000000.0. Raises ValueError."""
    found = re.fullmatch(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z]*)\s*", text)
    scale = {"": 1, **DECIMAL, **OF_BYTES}.get(found[2]) if found else None
    try:
        value = float(found[1]) * scale if found and scale else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{RULE}, got {text!r}")
    return value


def is_of_bytes(text: str) -> bool:
    """Whether a count has a suffix that only bytes have."""
    return text.strip().endswith(tuple(OF_BYTES))


def read_amount(written: Any, unit: str) -> float:
    """A number, or a count as people write it, of something in `unit` -> a float > 0.

    Raises ValueError.
    """
    if isinstance(written, str) and is_of_bytes(written) and unit != "bytes":
        raise ValueError(f"is no number of bytes, got {show(written)}")
    if not is_number(written) and not isinstance(written, str):
        raise ValueError(f"must be a number > 0, got {show(written)}")
    if is_number(written) and written > MOST_REAL:  # also what has too many digits to be a text
        raise ValueError(f"must be <= {MOST_REAL:g}, got {show(written)}")
    value = parse_count(written if isinstance(written, str) else repr(written))
    if value <= 0:
        raise ValueError(f"must be > 0, got {show(written)}")
    return value


def _percentage(value: Any) -> Any:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%", value) if isinstance(value, str) else None
    if not found or not 0 < float(found[1]) < 100:
        raise ValueError(f"must be a percentage > 0% and < 100%, such as 5%, got {show(value)}")
    return float(found[1]) / 100


Percentage = Annotated[
    float,
    BeforeValidator(_percentage),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?%$"}),
]
