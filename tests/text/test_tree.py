"""YAML text -> nodes with lines, and laying one tree over another."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.text import format_path, from_plain, merge, read_setting, read_yaml


def plain(text: str) -> Any:
    return read_yaml(text, "f.yaml").plain()


def faults(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        read_yaml(text, "f.yaml")
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.5", 1.5),
        ("010", 10),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("null", None),
        ("~", None),
        ("1:30", "1:30"),
        ("1.0M", "1.0M"),
        ("2017-07-21", "2017-07-21"),
        ("2017-07-21 10:00:00", "2017-07-21 10:00:00"),
        ("'12'", "12"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    found = plain(f"key: {text}")["key"]
    assert found == value and type(found) is type(value)


def test_every_node_knows_its_line() -> None:
    tree = read_yaml("# note\na: 1\nb:\n  c: {d: 2}\n  e:\n    - x\n    - y\n", "f.yaml")
    lines = {
        ("a",): 2,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "c", "d"): 4,
        ("b", "e"): 5,
        ("b", "e", 0): 6,
        ("b", "e", 1): 7,
    }
    assert {path: tree.place_of(path) for path in lines} == {
        path: f"f.yaml:{line}" for path, line in lines.items()
    }


def test_the_place_of_what_is_missing_is_the_nearest_part_written() -> None:
    tree = read_yaml("a: 1\nb:\n  c: [3]\n", "f.yaml")
    assert tree.place_of(("b", "d")) == "f.yaml:2"
    assert tree.place_of(("b", "c", 4)) == "f.yaml:3"


@pytest.mark.parametrize("text", ["\ufeffa: 1\nb: [2]\n", "a: 1\r\nb: [2]\r\n", "a: 1\nb: [2]"])
def test_byte_order_mark_and_line_ends_are_no_content(text: str) -> None:
    assert plain(text) == {"a": 1, "b": [2]}


def test_an_alias_stands_for_what_it_names() -> None:
    assert plain("a: &x {k: 1}\nb: *x\n") == {"a": {"k": 1}, "b": {"k": 1}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["f.yaml:1: the file is empty"]),
        ("# only a note\n", ["f.yaml:1: the file is empty"]),
        (
            "a: 1\nb: {c: 1, c: 2}\na: 3\na: 4\n",
            [
                "f.yaml:2: b.c: duplicate key, first set on line 2",
                "f.yaml:3: a: duplicate key, first set on line 1",
                "f.yaml:4: a: duplicate key, first set on line 1",
            ],
        ),
        ("a:\n\tb: 1\n", ["f.yaml:2: indented with a tab; YAML allows only spaces"]),
        ("a: &x [1, *x]\n", ["f.yaml:1: a[1]: an alias may not contain itself"]),
        ("a: *x\n", ["f.yaml:1: not YAML: found undefined alias 'x'"]),
        (
            "a:\n  1: x\n  true: y\n  ? [p]\n  : z\n",
            [
                "f.yaml:2: a: a key must be text, got 1; put it in quotes",
                "f.yaml:3: a: a key must be text, got true; put it in quotes",
                "f.yaml:4: a: a key must be text, got a map or list; put it in quotes",
            ],
        ),
        (
            "a: &x {}\nb:\n  <<: *x\n",
            ["f.yaml:3: b: merge keys (<<) are not in YAML 1.2; write the settings out"],
        ),
        ("a: !thing {b: 1}\n", ["f.yaml:1: a: unknown tag !thing"]),
        (
            "a: !!int x\nb: !thing 1\n",
            [
                "f.yaml:1: a: not YAML: 'x' is no !!int",
                "f.yaml:2: b: not YAML: could not determine a constructor for the tag '!thing'",
            ],
        ),
        ("a: 1\nb: \x00\n", ["f.yaml:2: not YAML: character '\\x00' is not allowed"]),
        ("[" * 600, ["f.yaml: maps and lists are nested too deeply"]),
        (
            "a: 1\n---\nb: 2\n",
            [
                "f.yaml:2: not YAML: expected a single document in the stream, "
                "but found another document"
            ],
        ),
    ],
    ids=lambda value: repr(value)[:20] if isinstance(value, str) else "",
)
def test_text_that_is_refused(text: str, expected: list[str]) -> None:
    assert faults(text) == expected


@pytest.mark.parametrize(
    ("base", "over", "merged"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({"a": 2}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": None}, {"b": 1}, {"a": None, "b": 1}),
        # A null has nothing to remove here, and does not stay either.
        ({}, {"a": None, "b": {"c": None, "d": 1}}, {"b": {"d": 1}}),
        ({"b": 3}, {"b": {"c": None, "d": 1}}, {"b": {"d": 1}}),
    ],
)
def test_maps_merge_lists_replace_null_removes(
    base: dict[str, Any], over: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert merge(from_plain(base, "base"), from_plain(over, "over")).plain() == merged


def test_nulls_may_stay_for_what_is_laid_over_something_itself() -> None:
    base = from_plain({"a": {"b": 1, "c": None}}, "base")
    over = from_plain({"a": {"b": None}, "d": {"e": None}}, "over")
    assert merge(base, over, nulls=True).plain() == {"a": {"b": None, "c": None}, "d": {"e": None}}


def test_a_merged_tree_keeps_both_places() -> None:
    base = read_yaml("a: {b: 1, c: 2}\nd: 3\n", "base.yaml")
    over = read_yaml("\n\na:\n  c: 5\ne: {f: 1}\n", "over.yaml")
    tree = merge(merge(base, over), read_setting("a.g=7"))
    places = {path: tree.place_of(path) for path in [("a", "b"), ("a", "c"), ("d",), ("e", "f")]}
    assert places == {
        ("a", "b"): "base.yaml:1",
        ("a", "c"): "over.yaml:4",
        ("d",): "base.yaml:2",
        ("e", "f"): "over.yaml:5",
    }
    assert tree.place_of(("a", "g")) == "--set a.g"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("recipe.lr=1e-3", {"recipe": {"lr": 0.001}}),
        ("seeds=[0, 1]", {"seeds": [0, 1]}),
        (" data . limit = 5 ", {"data": {"limit": 5}}),
        ("name=a=b", {"name": "a=b"}),
        ("data.limit=", {"data": {"limit": None}}),
        ("data.limit=null", {"data": {"limit": None}}),
        ("connectivity={window: 4}", {"connectivity": {"window": 4}}),
    ],
)
def test_settings_are_yaml_values_at_dotted_keys(text: str, value: dict[str, Any]) -> None:
    assert read_setting(text).plain() == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lr", "--set: must look like dotted.key=value, got 'lr'"),
        ("=1", "--set: must look like dotted.key=value, got '=1'"),
        ("a..b=1", "--set: must look like dotted.key=value, got 'a..b=1'"),
        ("a.b={c: 1, c: 2}", "--set a.b: c: duplicate key, first set on line 1"),
    ],
)
def test_a_setting_that_is_refused_names_itself(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_setting(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("sweep", "depth", 2), "sweep.depth[2]"),
        ((), ""),
        (("variants", ""), "variants.''"),
        (("variants", "a\nb"), "variants.'a\\nb'"),
    ],
)
def test_paths_read_on_one_line(path: tuple[str | int, ...], text: str) -> None:
    assert format_path(path) == text


def test_a_node_is_put_where_nothing_else_changes() -> None:
    tree = from_plain({"a": {"b": 1, "c": 2}, "d": 3}, "x")
    put = tree.put(("a", "b"), from_plain({"e": 4}, "y"))
    assert put.plain() == {"a": {"b": {"e": 4}, "c": 2}, "d": 3}
    assert put.place_of(("a", "b", "e")) == "y" and put.place_of(("a", "c")) == "x"
    assert tree.plain() == {"a": {"b": 1, "c": 2}, "d": 3}
    assert tree.put(("f", "g"), from_plain(5, "y")).plain() == {**tree.plain(), "f": {"g": 5}}
