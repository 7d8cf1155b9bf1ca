"""The JSON Schema of a study file, for editors, generated from the models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ablate.cells import DATASETS, PRESETS
from ablate.networks import FAMILIES, IMPLEMENTATIONS
from ablate.space import CODE, Design, space_schema
from ablate.study.kind import StudyKind
from ablate.study.kinds import KINDS, StudyFile, refused
from ablate.study.match import VariantMatch

_REFERENCES = "#/$defs/{model}"


def study_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a study file."""
    models: list[type[BaseModel]] = [StudyFile, VariantMatch, *FAMILIES.values()]
    _, top = models_json_schema(
        [(model, "validation") for model in models], ref_template=_REFERENCES
    )
    definitions: dict[str, Any] = top["$defs"]
    study = definitions.pop("StudyFile")
    # A preset brings the epochs, so that they are no longer required of the file.
    recipe, data = (definitions[name]["properties"] for name in ("Recipe", "Data"))
    recipe["preset"]["anyOf"] = [{"enum": list(PRESETS)}, {"type": "null"}]
    data["dataset"] |= {"enum": list(DATASETS)}
    definitions["Recipe"]["anyOf"] = [
        {"required": [key]} for key in ("preset", *definitions["Recipe"].pop("required"))
    ]
    study["properties"]["space"] = space_schema(definitions)
    study["properties"]["variants"] = _variants(definitions)
    _fill_design(definitions)
    study["properties"]["implementations"]["items"] = {"enum": list(IMPLEMENTATIONS)}
    for model, schema in ((StudyFile, study), (Design, definitions["Design"])):
        for key, field in model.model_fields.items():
            schema["properties"][key] |= {"description": field.description}
    study["oneOf"] = [_kind(kind) for kind in KINDS]
    # A profile may change anything, and null removes: its parts are checked once merged.
    changes: dict[str, Any] = {
        "type": "object",
        "properties": {key: {} for key in study["properties"] if key not in ("name", "profiles")},
        "additionalProperties": False,
    }
    study["properties"]["profiles"] |= {"type": "object", "additionalProperties": changes}
    own = {key: study["properties"][key] for key in ("name", "profiles")}
    # So may a study that is written as changes to another.
    changed = {
        **changes,
        "properties": {"from": {"type": "string"}, **own, **changes["properties"]},
        "required": ["from", "name"],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ablate study",
        "if": {"required": ["from"]},
        "then": changed,
        "else": study,
        "$defs": definitions,
    }


def _kind(kind: StudyKind) -> dict[str, Any]:
    is_default = kind.written == StudyFile.model_fields["kind"].default
    return {
        "properties": {"kind": {"const": kind.written}},
        "required": [*([] if is_default else ["kind"]), *kind.needs],
        "not": {"anyOf": [{"required": [key]} for key in refused(kind)]},
    }


def _variants(definitions: dict[str, Any]) -> dict[str, Any]:
    """A variant is an architecture with an optional sweep, or a file with changes."""
    kinds: list[dict[str, Any]] = []
    settings: dict[str, Any] = {}
    for name, model in FAMILIES.items():
        definition = definitions[model.__name__]
        definition["properties"]["family"] = {"const": name}
        definition["properties"]["sweep"] = _sweep(definition["properties"])
        definition["properties"]["recipe"] = _changes_of(definitions["Recipe"])
        definition["properties"]["match"] = {
            "$ref": _REFERENCES.format(model=VariantMatch.__name__)
        }
        definition["required"] = ["family"]
        settings |= definition["properties"]
        kinds.append({"$ref": _REFERENCES.format(model=model.__name__)})
    from_file = {
        "type": "object",
        "properties": {"from": {"type": "string"}} | {key: {} for key in settings},
        "required": ["from"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {"anyOf": [*kinds, CODE, from_file]},
    }


def _fill_design(definitions: dict[str, Any]) -> None:
    """A design's maps hold parts of an architecture and of a recipe: nothing in them is required.

    What a value may be depends on the family, which a change need not name.
    """
    properties: dict[str, Any] = {name: {} for f in FAMILIES.values() for name in f.model_fields}
    properties |= {"family": {"enum": list(FAMILIES)}, "recipe": _changes_of(definitions["Recipe"])}
    settings: dict[str, Any] = {"type": "object", "properties": properties, "minProperties": 1}
    settings["additionalProperties"] = False
    design = definitions["Design"]["properties"]
    design["baseline"] = {
        **settings,
        "properties": {"from": {"type": "string"}, **properties},
        "anyOf": [{"required": ["family"]}, {"required": ["from"]}],
    }
    design["changes"] = {"type": "object", "minProperties": 1, "additionalProperties": settings}
    factor = [
        {"type": "array", "minItems": 2},
        {"type": "object", "minProperties": 2, "additionalProperties": settings},
    ]
    design["factors"] = {**design["changes"], "additionalProperties": {"anyOf": factor}}


def _changes_of(definition: dict[str, Any]) -> dict[str, Any]:
    """Any of a model's settings; null takes one back to its default."""
    properties = {
        key: {"anyOf": [schema, {"type": "null"}]}
        for key, schema in definition["properties"].items()
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _sweep(properties: dict[str, Any]) -> dict[str, Any]:
    swept = {
        key: {"type": "array", "minItems": 1, "items": schema}
        for key, schema in properties.items()
        if key != "family"
    }
    return {"type": "object", "properties": swept, "additionalProperties": False}
