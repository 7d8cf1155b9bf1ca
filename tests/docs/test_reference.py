"""The generated pages are what the code says today."""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]
OF_COMMANDS = Version("0.29")  # of Typer, by which their page is written
PAGES = sorted(path.stem for path in (ROOT / "docs" / "reference").glob("*.md"))


@cache
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_page_is_written() -> None:
    assert sorted(generator().PAGES) == PAGES


@pytest.mark.heavy
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    if name == "commands" and Version(version("typer")) < OF_COMMANDS:
        pytest.skip(f"Typer {version('typer')} says nothing of options of its own")
    committed = (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert generator().page(name) == committed, "python docs/reference.py writes it"


def test_what_a_schema_lets_in_is_said_in_words() -> None:
    values = generator().values
    assert values({"type": "integer", "minimum": 1, "maximum": 2**31 - 1}) == "whole number >= 1"
    assert values({"enum": ["a", "b"]}) == "`a`, `b`"
    assert values({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "null"}]}) == (
        "number > 0 or `null`"
    )
    assert values({"type": "array", "items": {"type": "string"}, "minItems": 2}) == (
        "a list of texts, at least 2"
    )
    assert values({"$ref": "#/$defs/DenseNet"}) == "[DenseNet](families.md#densenet)"
