"""The exception tree is the one that its docstring draws."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ablate import errors
from ablate.errors import AblateError, CellOutcome, Fault, SpecError

LINE = re.compile(r"^(?P<indent>[│├└─ ]*)(?P<name>[A-Z]\w+) +(?P<code>\d+|-)? ")


def tree(root: type[AblateError], depth: int = 0) -> Iterator[tuple[int, str]]:
    yield depth, root.__name__
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:  # not what other rooms keep to themselves
            yield from tree(child, depth + 1)


def drawn() -> list[tuple[int, str, str | None]]:
    found = (LINE.match(line) for line in (errors.__doc__ or "").splitlines())
    return [(len(m["indent"]) // 4, m["name"], m["code"]) for m in found if m]


def test_the_drawing_is_the_tree() -> None:
    assert [(depth, name) for depth, name, _ in drawn()] == list(tree(AblateError))


@pytest.mark.parametrize(
    ("name", "code"), [(name, code) for _, name, code in drawn() if code and code != "-"]
)
def test_exit_codes_are_those_drawn(name: str, code: str) -> None:
    assert getattr(errors, name).exit_code == int(code)


def test_outcomes_of_a_cell_have_a_state_instead_of_an_exit_code() -> None:
    states = {outcome.__name__: outcome.state for outcome in CellOutcome.__subclasses__()}
    assert states == {
        "Diverged": "diverged",
        "OutOfMemory": "oom",
        "Pruned": "pruned",
        "TimedOut": "timeout",
    }


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (Fault("a.b", "must be 1", "f.yaml:3"), "f.yaml:3: a.b: must be 1"),
        (Fault("", "the file is empty", "f.yaml:1"), "f.yaml:1: the file is empty"),
        (Fault("a", "must be 1"), "a: must be 1"),
    ],
)
def test_a_fault_is_one_line(fault: Fault, line: str) -> None:
    assert str(fault) == line


def test_a_spec_error_shows_every_fault() -> None:
    error = SpecError(Fault(key, "is wrong") for key in "ab")
    assert str(error) == "a: is wrong\nb: is wrong"
    assert [fault.key for fault in error.faults] == ["a", "b"]
