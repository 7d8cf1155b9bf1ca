"""Plain data -> YAML that `read_yaml` reads back."""

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
