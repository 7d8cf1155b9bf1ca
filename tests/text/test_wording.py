"""Wording of faults."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.text import near_miss, nearest, show


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        ("a", "'a'"),
        (3.0, "3.0"),
        (float("inf"), ".inf"),
        ({"window": 4, "x": [None, False]}, "{window: 4, x: [null, false]}"),
        ((1, 2), "[1, 2]"),
        ("x" * 100, "'" + "x" * 56 + "..."),
    ],
)
def test_values_show_as_they_are_written(value: Any, text: str) -> None:
    assert show(value) == text


def test_the_nearest_name_is_found_in_any_case() -> None:
    assert near_miss("SGD", ["sgd", "adamw"]) == ". Did you mean `sgd`?"
    assert near_miss("zzz", ["sgd"]) == ""
    assert nearest("zzz", ["sgd", "adamw"]) == "; valid: sgd, adamw"
