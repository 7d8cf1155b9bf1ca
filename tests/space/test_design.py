"""Designs: what variants they come to, as layers, before anything is read."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ablate.space import Design, expand
from ablate.space.design import Layer
from ablate.text import from_plain

BASE = {"family": "densenet", "depth": 22}
CHANGES = {"b": {"bottleneck_width": 4}, "c": {"compression": 0.5}}


def of(kind: str, **keys: Any) -> Design:
    return Design.model_validate({"kind": kind, "baseline": BASE, **keys})


def layers(design: Design, **sweep: list[Any]) -> dict[str, list[str]]:
    """Label -> the layers over the baseline."""
    found = {}
    for laid in expand(design, "s", sweep):
        assert laid.layers[0].path == ("design", "baseline")
        label = " ".join([laid.variant, *(f"{k}={v}" for k, v in laid.sweep.items())])
        found[label] = [".".join(map(str, layer.path[1:])) for layer in laid.layers[1:]]
    return found


def test_one_at_a_time_is_the_baseline_and_a_variant_per_change() -> None:
    found = layers(of("one_at_a_time", changes=CHANGES))
    assert found == {"baseline": [], "b": ["changes.b"], "c": ["changes.c"]}


def test_leave_one_out_is_the_full_method_and_a_variant_per_change_left_out() -> None:
    changes = {**CHANGES, "d": {"dropout": 0.1}}
    full = {
        "full": ["changes.b", "changes.c", "changes.d"],
        "without b": ["changes.c", "changes.d"],
        "without c": ["changes.b", "changes.d"],
        "without d": ["changes.b", "changes.c"],
    }
    assert layers(of("leave_one_out", changes=changes)) == full
    assert layers(of("leave_one_out", changes=changes, bare=True)) == full | {"bare": []}


def test_factorial_is_every_combination_the_last_factor_changing_fastest() -> None:
    factors = {"growth_rate": [4, 8, 12], "optimizer": {"sgd": {"a": 1}, "adamw": {"a": 2}}}
    assert layers(of("factorial", factors=factors)) == {
        f"s growth_rate={k} optimizer={name}": [
            f"factors.growth_rate.{i}",
            f"factors.optimizer.{name}",
        ]
        for i, k in enumerate([4, 8, 12])
        for name in ("sgd", "adamw")
    }


def test_a_path_begins_with_the_baseline_and_every_change() -> None:
    assert layers(of("path", changes=CHANGES)) == layers(of("one_at_a_time", changes=CHANGES))
    four = of("path", changes={name: {"x": 1} for name in "abcd"})
    assert four.most_points() == 1 + 4 + 3 + 2 + 1


def test_a_sweep_takes_every_variant_to_each_of_its_points() -> None:
    found = layers(of("one_at_a_time", changes={"b": {"x": 1}}), depth=[22, 40])
    assert list(found) == ["baseline depth=22", "baseline depth=40", "b depth=22", "b depth=40"]


@pytest.mark.parametrize(
    ("kind", "key", "reference"),
    [
        ("one_at_a_time", "changes", "baseline"),
        ("leave_one_out", "changes", "full"),
        ("path", "changes", "baseline"),
        ("factorial", "factors", "s"),
    ],
)
def test_differences_are_taken_against_the_first_variant(
    kind: str, key: str, reference: str
) -> None:
    design = of(kind, **{key: {"a": {"x": {"b": 1}, "y": {"b": 2}}}})
    assert design.reference("s") == reference == next(iter(expand(design, "s"))).variant


def test_what_tables_need_to_know() -> None:
    assert of("leave_one_out", changes=CHANGES).head() == {"kind": "leave_one_out"}
    path = of("path", changes=CHANGES, margin=0.5).head()
    assert path.pop("steps") == "tested"
    assert path == {"kind": "path", "changes": ["b", "c"], "margin": 0.5, "most_points": 4}
    factors = {"k": [12, 24], "optimizer": {"sgd": {"a": 1}, "adamw": {"a": 2}}}
    reference = {"k": 12, "optimizer": "sgd"}
    head = of("factorial", factors=factors).head()
    assert head == {"kind": "factorial", "reference": reference}
    assert next(iter(expand(of("factorial", factors=factors), "s"))).sweep == reference


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        ("path", {"changes": CHANGES, "bare": True}, "bare: is read only with leave_one_out"),
        ("leave_one_out", {"changes": CHANGES, "margin": 1}, "margin: is read only with path"),
        ("factorial", {"factors": CHANGES, "changes": CHANGES}, "changes: is read only with"),
        ("factorial", {}, "factors: required key is missing"),
        ("path", {}, "changes: required key is missing"),
        ("path", {"changes": {}}, "at least 1 item"),
        ("path", {"changes": CHANGES, "margin": -1}, "greater than or equal to 0"),
    ],
)
def test_each_kind_reads_its_own_keys(kind: str, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        of(kind, **keys)


def test_a_layer_is_a_map_or_one_setting_and_knows_where_it_was_written() -> None:
    tree = from_plain({"m": {"depth": 4, "recipe": {"lr": 1}}, "v": [12, {"window": 4}]}, "x")
    whole, value = Layer(("m",)), Layer(("v", 1), "connectivity")
    rate = Layer(("v", 0), "recipe.lr")
    assert whole.settings(tree).plain() == {"depth": 4, "recipe": {"lr": 1}}
    assert value.settings(tree).plain() == {"connectivity": {"window": 4}}
    assert rate.settings(tree).plain() == {"recipe": {"lr": 12}}
    assert whole.locate(tree, ("depth",)) == ("m", "depth")
    assert whole.locate(tree, ("recipe", "lr")) == ("m", "recipe", "lr")
    assert whole.locate(tree, ("recipe", "momentum")) is None
    assert whole.locate(tree, ("growth_rate",)) is None
    assert value.locate(tree, ("connectivity", "window")) == ("v", 1, "window")
    assert rate.locate(tree, ("recipe", "lr")) == ("v", 0)
