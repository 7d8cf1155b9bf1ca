"""Files that would take for ever are refused, with the line, before they do."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import SpecError, UsageError
from ablate.study import Study, load_study
from ablate.study.caps import MOST_CELLS
from ablate.text import MOST_BYTES, MOST_VALUES, read_yaml, repeats

Load = Callable[..., Study]
Messages = Callable[..., list[str]]

DENSE: dict[str, Any] = {"family": "densenet"}
TEN = {**DENSE, "depth": 10}
CHANGES = {f"wide {i}": {"growth_rate": i + 20} for i in range(300)}
MOST = f"must come to at most {MOST_CELLS} cells, got"
TOO_MANY: list[tuple[dict[str, Any], str]] = [
    ({"seeds": list(range(20_001))}, f"seeds: {MOST} 20001: 1 x 20001 seeds"),
    (
        {
            "variants": {
                "A": {
                    **DENSE,
                    "sweep": {"depth": list(range(2_000)), "growth_rate": list(range(2_000))},
                }
            }
        },
        f"variants.A.sweep: {MOST} 4000000",
    ),
    (
        {
            "variants": {name: TEN for name in "ABC"},
            "sweep": {"growth_rate": list(range(700))},
            "seeds": list(range(10)),
        },
        f"sweep: {MOST} 21000: 2100 x 10 seeds",
    ),
    ({"variants": {f"v{i}": TEN for i in range(20_001)}}, f"variants: {MOST} 20001"),
    (
        {"match": {"params": [1_000 + i for i in range(20_001)], "by": "depth"}},
        f"match: {MOST} 20001",
    ),
    (
        {
            "variants": None,
            "baseline": None,
            "design": {"kind": "one_at_a_time", "baseline": TEN, "changes": CHANGES},
            "sweep": {"image_size": list(range(8, 80))},
        },
        f"design.changes: {MOST} 21744",
    ),
    (
        {
            "variants": None,
            "baseline": None,
            "design": {"kind": "path", "baseline": TEN, "changes": CHANGES},
        },
        f"design.changes: {MOST} 45151",
    ),
    (
        {"profiles": {f"p{i}": {"seeds": [i]} for i in range(101)}},
        "profiles: must be at most 100, got 101",
    ),
]


@pytest.mark.parametrize(("changes", "message"), TOO_MANY, ids=[text for _, text in TOO_MANY])
def test_more_than_can_be_meant(changes: dict[str, Any], message: str, messages: Messages) -> None:
    assert messages(**changes)[0] == message


def test_a_study_of_many_cells_is_valid(study: Load) -> None:
    made = study(variants={f"v{i}": TEN for i in range(100)}, baseline="v0", seeds=list(range(200)))
    assert len(made.points) * len(made.file.seeds) == MOST_CELLS


def test_options_of_a_choice(messages: Messages) -> None:
    found = messages(
        variants=None,
        baseline=None,
        space={**TEN, "growth_rate": {"choice": list(range(1, 1_002))}},
        budget={"trials": 1},
    )
    assert "space.growth_rate.choice: must be a list of at most 1000 options, got 1001" in found


def bomb(levels: int) -> str:
    """Each line holds the one before nine times: nine times the values for 40 bytes more."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize("levels", [6, 40])
def test_aliases_of_aliases_are_counted_before_they_are_written_out(levels: int) -> None:
    with pytest.raises(SpecError) as caught:
        read_yaml(bomb(levels), "f")
    assert str(caught.value) == f"f:6: must have at most {MOST_VALUES} values, aliases written out"


def test_aliases_of_a_few_values_are_read() -> None:
    assert read_yaml("a: &a [1, 2]\nb: [*a, *a]", "f").plain()["b"] == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !!bool x", "f:1: a: not YAML: 'x' is no !!bool"),
        ("a: 1\nb: !!int ''", "f:2: b: not YAML: '' is no !!int"),
        ("a: !!float ''", "f:1: a: not YAML: '' is no !!float"),
        ("a: 2020-99-99", "f:1: a: not YAML: '2020-99-99' is no !!timestamp"),
        (
            "a: 0x" + "f" * 100_000,
            "f:1: a: must be at least -2^63 and less than 2^63, got a whole number of 100002 "
            "characters",
        ),
        (
            "\na: -" + "9" * 5_000,
            "f:2: a: must be at least -2^63 and less than 2^63, got a whole number of 5001 "
            "characters",
        ),
        (
            "1." + "1" * 90 + ": 2",
            f"f:1: a key must be text, got 1.{'1' * 35}...; put it in quotes",
        ),
    ],
)
def test_what_its_tag_does_not_fit_is_a_fault(text: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_yaml(text, "f")
    assert str(caught.value) == message


def test_the_ends_of_the_range_are_read() -> None:
    assert read_yaml(f"[{2**63 - 1}, {-(2**63)}]", "f").plain() == [2**63 - 1, -(2**63)]


def test_a_pipe_is_no_study(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s.yaml")
    with pytest.raises(UsageError, match=r"s\.yaml: is a pipe or a device, not a file"):
        load_study(tmp_path / "s.yaml")


def test_a_device_is_no_architecture(tmp_path: Path) -> None:
    text = "name: s\ndata: {dataset: digits}\nrecipe: {epochs: 1}\nbaseline: A\n"
    path = tmp_path / "s.yaml"
    path.write_text(f"{text}variants:\n  A: {{from: /dev/zero}}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"s\.yaml:6: variants\.A\.from: /dev/zero: is a pipe or a"):
        load_study(path)


def test_a_file_larger_than_any_study(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(UsageError, match=r"s\.yaml: is larger than 512 KiB, which no study is"):
        load_study(tmp_path / "s.yaml")


@pytest.mark.parametrize(
    ("values", "twice"),
    [
        ([1, 2, "1"], False),
        ([1, 1.0], True),
        ([{"a": [1]}, {"a": [2]}, ["a"]], False),
        ([{"a": [1], "b": 2}, {"b": 2, "a": [1]}], True),
        ([None, None], True),
    ],
)
def test_repeated_values(values: list[Any], twice: bool) -> None:
    assert repeats(values) == twice
