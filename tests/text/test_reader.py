"""One reader owns the faults of a tree, and validates each part of it once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import model_validator

from ablate.errors import SpecError
from ablate.text import Frozen, Positive, Reader, from_plain, in_order, read_yaml

LOOKED_AT: Counter[str] = Counter()


class Part(Frozen):
    size: Positive = 1

    @model_validator(mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        LOOKED_AT["part"] += isinstance(value, dict)
        return value


class Whole(Frozen):
    part: Part = Part()
    other: Part | None = None
    count: Positive = 1


@pytest.fixture(autouse=True)
def _from_zero() -> None:
    LOOKED_AT.clear()


def reader(**written: Any) -> Reader:
    return Reader(from_plain(written, "here"))


def test_a_part_is_validated_once_with_the_whole_or_before_it() -> None:
    for first, second in (((), ("part",)), (("part",), ())):
        LOOKED_AT.clear()
        at = reader(part={"size": 2}, other={"size": 3})
        models: dict[Any, Any] = {(): Whole, ("part",): Part}
        assert at.part(models[first], first) and at.part(models[second], second)
        assert LOOKED_AT["part"] == 2  # `part` and `other`
        assert at.part(Whole, ()) == Whole(part=Part(size=2), other=Part(size=3))
        assert at.part(Part, ("part",)) is at.part(Part, ("part",))


def test_a_fault_is_told_once_whoever_comes_upon_it() -> None:
    at = reader(part={"size": 0}, count=0)
    assert at.part(Part, ("part",)) is None and at.part(Whole, ()) is None
    at.fault(("part", "size"), "must be >= 1, got 0")
    assert [str(fault) for fault in at.faults] == [
        "here: part.size: must be >= 1, got 0",
        "here: count: must be >= 1, got 0",
    ]
    with pytest.raises(SpecError) as caught:
        at.check()
    assert len(caught.value.faults) == 2


def test_what_is_not_written_is_no_fault() -> None:
    at = reader(part={"size": 2})
    assert at.part(Part, ("other",)) is None
    assert at.part(Part, ("other",), Part(size=5)) == Part(size=5)
    assert at.plain("part", "size") == 2 and at.plain("part", "weight", "unit") is None
    at.check()


@pytest.mark.parametrize("written", [None, 3, [1]])
def test_what_is_no_map_is_a_fault(written: Any) -> None:
    at = reader(part=written)
    assert at.part(Part, ("part",)) is None
    assert [fault.key for fault in at.faults] == ["part"]


def test_faults_are_told_by_file_and_line() -> None:
    at = Reader(read_yaml("a: 1\nb: 2\nd:\n  e: 1\n", "f.yaml"))
    for path in (("d", "e"), ("b",), ("a",)):
        at.fault(path, "is wrong")
    assert [fault.key for fault in in_order(at.faults)] == ["a", "b", "d.e"]
