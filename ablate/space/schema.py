"""The JSON Schema of a search space, from the schemas of the settings that it may search."""

from __future__ import annotations

from typing import Any

from ablate.networks import FAMILIES, LIBRARIES
from ablate.space.conditions import OPERATORS

Schema = dict[str, Any]
# What is no family of ours: its settings are known once its module, or library, is imported.
CODE: Schema = {
    "type": "object",
    "properties": {"family": {"type": "string", "pattern": f":|^({'|'.join(LIBRARIES)})$"}},
    "required": ["family"],
}
_RANGE = {"$ref": "#/$defs/Range"}


def space_schema(definitions: Schema) -> Schema:
    """A `space:`: the path of a file, or a family's settings, any of which may be a range.

    Adds what it refers to to `definitions`, which has the families and the recipe.
    """
    definitions |= {"Range": _range(), "When": _when()}
    definitions["RecipeSpace"] = _searched(definitions["Recipe"], keep=())
    kinds = []
    for name, model in FAMILIES.items():
        searched = _searched(definitions[model.__name__], keep=("family",))
        searched["properties"]["family"] = {"const": name}
        searched["properties"]["recipe"] = {"$ref": "#/$defs/RecipeSpace"}
        searched["required"] = ["family"]
        definitions[f"{model.__name__}Space"] = searched
        kinds.append({"$ref": f"#/$defs/{model.__name__}Space"})
    return {"anyOf": [{"type": "string"}, *kinds, CODE]}


def _searched(definition: Schema, keep: tuple[str, ...]) -> Schema:
    """The schema of a model whose settings, but those to `keep`, may be ranges."""
    properties = {
        key: schema if key in keep else {"anyOf": [*_elements(schema), schema, _RANGE]}
        for key, schema in definition["properties"].items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _elements(schema: Schema) -> list[Schema]:
    """For a setting that may be a list: the same list with ranges among its elements."""
    kinds = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    lists = [kind for kind in kinds if kind.get("type") == "array"]
    return [{"type": "array", "items": {"anyOf": [one.get("items", {}), _RANGE]}} for one in lists]


def _range() -> Schema:
    """A range: whole numbers, decimals or a choice."""
    when = {"when": {"$ref": "#/$defs/When"}}
    numbers: Schema = {"log": {"type": "boolean"}, **when}
    return {
        "oneOf": [
            _kind(
                "int", _bounds("integer"), {"step": {"type": "integer", "minimum": 1}, **numbers}
            ),
            _kind(
                "float",
                _bounds("number"),
                {"step": {"type": "number", "exclusiveMinimum": 0}, **numbers},
            ),
            _kind("choice", {"type": "array", "minItems": 1}, when),
        ]
    }


def _kind(name: str, schema: Schema, others: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {name: schema, **others},
        "required": [name],
        "additionalProperties": False,
    }


def _bounds(kind: str) -> Schema:
    return {"type": "array", "items": {"type": kind}, "minItems": 2, "maxItems": 2}


def _when() -> Schema:
    """Another knob's value, several, or a comparison."""
    scalar = {"type": ["string", "number", "boolean", "null"]}
    return {
        "type": "object",
        "minProperties": 1,
        "description": f"knob: value, [values], or a text like '>= 24' with {' '.join(OPERATORS)}",
        "additionalProperties": {
            "anyOf": [scalar, {"type": "array", "minItems": 1, "items": scalar}]
        },
    }
