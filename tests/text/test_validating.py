"""Pydantic's errors in this project's words."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field, model_validator

from ablate.errors import Fault
from ablate.text import (
    Flag,
    Frozen,
    ListOf,
    Positive,
    Real,
    Share,
    Text,
    check_rules,
    read_yaml,
    validate,
)


class Inner(Frozen):
    width: Positive = 1
    shares: ListOf[Share] = ()

    @model_validator(mode="after")
    def _rules(self) -> Inner:
        check_rules([("width", "is too wide"), ("shares", "are odd")] if self.width > 9 else [])
        return self


class Outer(Frozen):
    inner: Inner = Inner()
    rate: Annotated[Real, Field(gt=0, le=1)] = 0.5
    mode: Literal["fast", "slow"] = "fast"
    flag: Flag = False
    text: Text = ""
    needed: Positive


def faults(text: str) -> list[str]:
    found: list[Fault] = []
    assert validate(Outer, read_yaml(text, "f"), (), found) is None
    return [str(fault) for fault in found]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("rate: 0", "rate: must be > 0, got 0"),
        ("rate: 1.5", "rate: must be <= 1, got 1.5"),
        ("rate: true", "rate: must be a number, got true"),
        ("rate: '0.5'", "rate: must be a number, got '0.5'"),
        ("rate: .nan", "rate: must be a finite number, got .nan"),
        ("rate: -.inf", "rate: must be a finite number, got -.inf"),
        ("rate: null", "rate: must be a number, got null"),
        ("mode: FAST", "mode: must be one of fast, slow, got 'FAST'. Did you mean `fast`?"),
        ("mode: [fast]", "mode: must be one of fast, slow, got ['fast']"),
        ("flag: 1", "flag: must be true or false, got 1"),
        ("flag: no", "flag: must be true or false, got 'no'"),
        ("text: 3", "text: must be text, got 3"),
        ("inner: 3", "inner: must be a map of settings, got 3"),
        ("inner: {width: 0}", "inner.width: must be >= 1, got 0"),
        ("inner: {width: 3.0}", "inner.width: must be a whole number, got 3.0"),
        ("inner: {width: true}", "inner.width: must be a whole number, got true"),
        ("inner: {shares: 0.5}", "inner.shares: must be a list, got 0.5"),
        ("inner: {shares: [0.5, 1]}", "inner.shares[1]: must be < 1, got 1"),
        ("inner: {widht: 1}", "inner.widht: unknown key `widht`. Did you mean `width`?"),
        ("inner: {zzz: 1}", "inner.zzz: unknown key `zzz`; valid: width, shares"),
    ],
)
def test_one_fault_one_message(setting: str, message: str) -> None:
    assert faults(f"needed: 1\n{setting}") == [f"f:2: {message}"]


def test_a_required_key_is_missed_at_the_line_of_its_map() -> None:
    assert faults("\nflag: true") == ["f:2: needed: required key is missing"]


def test_integers_are_numbers_and_stay_equal() -> None:
    found: list[Fault] = []
    made = validate(Outer, read_yaml("needed: 2\nrate: 1", "f"), (), found)
    assert made == Outer(needed=2, rate=1.0) and not found


def test_an_unknown_key_does_not_hide_the_rules_between_settings() -> None:
    assert faults("needed: 1\ninner: {width: 10, zzz: 3}\nother: 2") == [
        "f:2: inner.zzz: unknown key `zzz`; valid: width, shares",
        "f:3: other: unknown key `other`; valid: inner, rate, mode, flag, text, needed",
        "f:2: inner.width: is too wide",
        "f:2: inner.shares: are odd",
    ]


def test_rules_may_be_left_out() -> None:
    found: list[Fault] = []
    tree = read_yaml("width: 10\nshares: [2]", "f")
    validate(Inner, read_yaml("width: 10", "f"), (), found, rules=False)
    assert found == []
    validate(Inner, tree, (), found, rules=False)
    assert [str(fault) for fault in found] == ["f:2: shares[0]: must be < 1, got 2"]
