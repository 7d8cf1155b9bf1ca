"""The JSON Schema for editors: generated, complete, plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ablate.cells import AIMS, COUNTED, PUBLISHED, Data, Recipe
from ablate.networks import FAMILIES, IMPLEMENTATIONS, RULES
from ablate.space import SETTINGS, Design
from ablate.study import MATCHABLE, StudyFile, study_schema

WHOLE = study_schema()
SCHEMA = {**WHOLE["else"], "$defs": WHOLE["$defs"]}  # of a study that is no change of another
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    """Every map inside a schema."""
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from parts(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from parts(value)


def test_it_is_plain_json() -> None:
    assert json.loads(json.dumps(WHOLE, allow_nan=False)) == WHOLE
    assert WHOLE["$schema"].endswith("2020-12/schema")


def test_each_call_gives_a_schema_of_its_own() -> None:
    assert study_schema() == WHOLE and study_schema() is not WHOLE


def test_every_reference_leads_somewhere_and_every_definition_is_used() -> None:
    used = {part["$ref"] for part in parts(SCHEMA) if isinstance(part.get("$ref"), str)}
    assert used == {f"#/$defs/{name}" for name in SCHEMA["$defs"]}


def test_every_type_is_one_of_json_schema() -> None:
    found = {part["type"] for part in parts(SCHEMA) if isinstance(part.get("type"), str)}
    assert found and found <= TYPES


def test_the_top_level_keys_are_those_of_a_study() -> None:
    assert set(SCHEMA["properties"]) == set(StudyFile.model_fields)
    assert SCHEMA["required"] == ["name", "data", "recipe"]
    assert SCHEMA["additionalProperties"] is False


@pytest.mark.parametrize("model", [Data, Recipe, *FAMILIES.values()])
def test_every_setting_is_described(model: Any) -> None:
    definition = SCHEMA["$defs"][model.__name__]
    extra = {"sweep", "match", "recipe"} if model in FAMILIES.values() else set()
    assert set(definition["properties"]) == set(model.model_fields) | extra
    assert definition["additionalProperties"] is False


@pytest.mark.parametrize("family", FAMILIES)
def test_a_variant_may_sweep_every_setting_but_its_family(family: str) -> None:
    model = FAMILIES[family]
    definition = SCHEMA["$defs"][model.__name__]
    assert set(definition["properties"]["sweep"]["properties"]) == set(model.model_fields) - {
        "family"
    }
    assert definition["properties"]["family"] == {"const": family}


def test_a_variant_may_come_from_a_file_with_changes() -> None:
    kinds = SCHEMA["properties"]["variants"]["additionalProperties"]["anyOf"]
    assert len(kinds) == len(FAMILIES) + 2  # code of a user's, too
    from_file = kinds[-1]
    assert from_file["required"] == ["from"]
    assert {"from", "sweep", "growth_rate", "width"} <= set(from_file["properties"])


def test_a_variant_may_change_what_the_match_solves_and_no_target() -> None:
    assert set(SCHEMA["$defs"]["VariantMatch"]["properties"]) == {"by", "tolerance"}
    assert set(SCHEMA["$defs"]["Match"]["properties"]) == {"by", "tolerance", *MATCHABLE}


def test_epochs_are_required_unless_a_preset_brings_them() -> None:
    assert SCHEMA["$defs"]["Recipe"]["anyOf"] == [
        {"required": ["preset"]},
        {"required": ["epochs"]},
    ]


def test_a_study_has_variants_or_a_design_or_a_space() -> None:
    required = [part["required"] for part in SCHEMA["oneOf"]]
    assert required == [["variants", "baseline"], ["design"], ["space"], ["kind", "variants"]]
    kinds = [part["properties"]["kind"]["const"] for part in SCHEMA["oneOf"]]
    assert kinds == ["train", "train", "train", "measure"]
    refused = [{k for one in p["not"]["anyOf"] for k in one["required"]} for p in SCHEMA["oneOf"]]
    of_searches = {"sampler", "pruner", "objectives", "limits", "budget"}
    assert refused[0] == {"design", "space", "implementations", *of_searches}
    assert refused[1] == {"variants", "baseline", "match", "space", "implementations", *of_searches}
    of_comparisons = {"baseline", "match", "margin", "design"}
    assert refused[2] == {"variants", "sweep", "implementations", *of_comparisons}
    assert refused[3] == {"space", "seeds", *of_comparisons, *of_searches}


def test_published_numbers_are_listed() -> None:
    assert {"enum": list(PUBLISHED)} in SCHEMA["properties"]["published"]["anyOf"]


def test_implementations_are_listed() -> None:
    items = SCHEMA["properties"]["implementations"]["items"]
    assert items == {"enum": list(IMPLEMENTATIONS)}


def test_a_design_names_every_setting_and_requires_none() -> None:
    design = SCHEMA["$defs"]["Design"]["properties"]
    assert set(design) == set(Design.model_fields)
    change = design["changes"]["additionalProperties"]
    settings = {key for model in FAMILIES.values() for key in model.model_fields}
    assert set(change["properties"]) == {*settings, "recipe"}
    assert set(design["baseline"]["properties"]) == {*settings, "recipe", "from"}
    assert "required" not in change and "required" not in change["properties"]["recipe"]
    assert set(change["properties"]["recipe"]["properties"]) == set(Recipe.model_fields)


def test_a_space_is_a_file_or_the_settings_of_a_family() -> None:
    path, *families, code = SCHEMA["properties"]["space"]["anyOf"]
    assert path == {"type": "string"}
    assert code["properties"]["family"]["pattern"] == ":|^(torchvision|timm)$"
    assert [one["$ref"] for one in families] == [
        f"#/$defs/{model.__name__}Space" for model in FAMILIES.values()
    ]


@pytest.mark.parametrize("model", [Recipe, *FAMILIES.values()])
def test_every_setting_but_the_family_may_be_a_range(model: Any) -> None:
    properties = SCHEMA["$defs"][f"{model.__name__}Space"]["properties"]
    assert set(properties) - {"recipe"} == set(model.model_fields)
    for key in set(properties) - {"recipe", "family"}:
        assert {"$ref": "#/$defs/Range"} in properties[key]["anyOf"]


@pytest.mark.parametrize(("model", "key"), [("DenseNet", "block_layers"), ("Recipe", "lr_drops"),
                                            ("DenseNet", "growth_rate")])  # fmt: skip
def test_an_element_of_a_list_may_be_a_range(model: str, key: str) -> None:
    kinds = SCHEMA["$defs"][f"{model}Space"]["properties"][key]["anyOf"]
    assert {"$ref": "#/$defs/Range"} in kinds[0]["items"]["anyOf"]


def test_ranges_have_the_keys_that_are_read() -> None:
    ranges = {kind["required"][0]: kind for kind in SCHEMA["$defs"]["Range"]["oneOf"]}
    assert {name: tuple(kind["properties"]) for name, kind in ranges.items()} == SETTINGS


def test_limits_and_objectives_list_their_metrics() -> None:
    properties = SCHEMA["properties"]
    assert list(properties["objectives"]["properties"]) == list(AIMS)
    assert list(properties["limits"]["properties"]) == list(COUNTED)


def test_a_profile_changes_everything_but_the_name() -> None:
    profile = SCHEMA["properties"]["profiles"]["additionalProperties"]
    assert set(profile["properties"]) == set(StudyFile.model_fields) - {"name", "profiles"}


def test_a_study_from_another_changes_everything_and_needs_a_name() -> None:
    assert WHOLE["if"] == {"required": ["from"]}
    changed = WHOLE["then"]
    assert set(changed["properties"]) == {"from", *StudyFile.model_fields}
    assert changed["required"] == ["from", "name"] and changed["additionalProperties"] is False


def test_connectivity_lists_its_names() -> None:
    names, *maps = SCHEMA["$defs"]["DenseNet"]["properties"]["connectivity"]["oneOf"]
    assert names == {"enum": list(RULES)}
    assert [one["required"] for one in maps] == [["window"], ["fraction"]]


def test_editors_show_what_every_setting_is() -> None:
    models = {name: part for name, part in SCHEMA["$defs"].items() if not name.endswith("Space")}
    apart = {"family", "sweep", "recipe", "match"}  # what a variant adds to its settings
    bare = [
        f"{name}.{key}"
        for name, model in {"StudyFile": SCHEMA, **models}.items()
        for key, setting in model.get("properties", {}).items()
        if not setting.get("description") and not (name != "StudyFile" and key in apart)
    ]
    assert bare == []
    assert SCHEMA["$defs"]["Recipe"]["properties"]["batch_size"]["description"] == "Images a step."
