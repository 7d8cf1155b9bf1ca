"""What a module's code says, whatever its comments and layout."""

from __future__ import annotations

import ast
import hashlib
import json
from typing import Any


def syntax_digest(source: str) -> str:
    """Python source -> 16 hex digits of its syntax tree, without comments and docstrings.

    The same in every version of Python that reads it. Raises SyntaxError.
    """
    plain = json.dumps(_plain(ast.parse(source)), separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _plain(node: Any) -> Any:
    """A node as its class with the fields that are not empty, as versions add empty ones."""
    if isinstance(node, ast.AST):
        fields = {name: _plain(value) for name, value in ast.iter_fields(node) if _says(name)}
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            fields["body"] = fields["body"][1:]
        return [type(node).__name__, {key: each for key, each in fields.items() if each != []}]
    if isinstance(node, list):
        return [_plain(each) for each in node]
    # A constant: 1, 1.0, True and "1" are four.
    return [] if node is None else [type(node).__name__, repr(node)]


_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _says(field: str) -> bool:
    return field not in ("ctx", "kind", "type_comment", "type_ignores")
