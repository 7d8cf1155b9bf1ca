"""Plain data -> YAML that `read_yaml` reads back, and texts -> fields of a table in a file."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

# What the emitter writes bare it does not always read again: ":0", "?0" and "a'" within braces.
_PLAIN = re.compile(r"[\w/(][\w .,;!?()/%+=<>*-]*")
_UNBROKEN = 2**31  # columns: a long key that is broken into lines is not read again either


def as_yaml(document: dict[str, Any]) -> str:
    """Plain data -> YAML 1.2."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = None
    yaml.width = _UNBROKEN
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keys as given
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue()


class _Representer(SafeRepresenter):
    """Texts in quotes, but those of letters and harmless marks."""

    def represent_text(self, text: str) -> ScalarNode:
        style = None if _PLAIN.fullmatch(text) else '"'
        node: ScalarNode = self.represent_scalar("tag:yaml.org,2002:str", text, style=style)
        return node


_Representer.add_representer(str, _Representer.represent_text)

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
