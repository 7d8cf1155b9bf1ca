"""Names that users give: those that folders are called by, and those of variants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator

from ablate.text.wording import show

NAME_RULE = "must be letters, digits, - and _, as a folder is named after it"
VARIANT_NAME_RULE = (
    "a variant's name must be printable, without slashes, and start with no dot or blank"
)


def is_name(value: Any) -> bool:
    """Whether NAME_RULE holds; - and _ do not start a name."""
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value))


def is_variant_name(name: str) -> bool:
    """Whether VARIANT_NAME_RULE holds; a name does not end with a blank either."""
    return bool(re.fullmatch(r"[^\s/\\.]([^/\\]*[^\s/\\])?", name)) and name.isprintable()


def _name(value: Any) -> Any:
    if not is_name(value):
        raise ValueError(f"{NAME_RULE}, got {show(value)}")
    return value


Name = Annotated[str, BeforeValidator(_name)]


def several(texts: str | Sequence[str]) -> Sequence[str]:
    """One text, or more -> a list: a text is a sequence of texts too, which nobody means."""
    return [texts] if isinstance(texts, str) else texts
