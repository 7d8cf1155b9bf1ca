"""Plain data -> YAML that `read_yaml` reads back, and texts -> fields of a table in a file."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML


def as_yaml(document: dict[str, Any]) -> str:
    """Plain data -> YAML 1.2."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = None
    yaml.width = 100
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keys as given
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue()


_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


def as_field(text: str) -> str:
    """A text -> what a CSV file has of it: a ' before what a spreadsheet would compute.

    A name such as `=cmd` or `-BN` is a formula to Excel and LibreOffice. A ' of its own gets one
    too, so that `from_field` gives every text back.
    """
    return f"'{text}" if text.startswith(_STARTS) else text


def from_field(field: str) -> str:
    """The text that `as_field` made a field of."""
    return field.removeprefix("'")
