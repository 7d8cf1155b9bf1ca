"""What a door opens later: names whose files are loaded when they are first used."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


def opened_later(door: str, file: str) -> Callable[[str], Any]:
    """The `__getattr__` of the module `door`: it has what its `file` imports for type checkers.

    So a name is written once, where type checkers and editors read it too.
    """

    @cache
    def homes() -> dict[str, str]:
        return dict(_imported_for_type_checkers(Path(file).read_text(encoding="utf-8")))

    def open_one(name: str) -> Any:
        if name not in homes():
            raise AttributeError(f"module {door!r} has no attribute {name!r}")
        return getattr(import_module(homes()[name]), name)

    return open_one


def _imported_for_type_checkers(source: str) -> Iterator[tuple[str, str]]:
    """Each name that is imported under TYPE_CHECKING, with the module that it is imported from."""
    for block in ast.parse(source).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for line in block.body:
                if isinstance(line, ast.ImportFrom):
                    yield from ((alias.name, str(line.module)) for alias in line.names)
