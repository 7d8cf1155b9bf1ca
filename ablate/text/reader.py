"""A tree while it is read: its parts as models, each validated once, and every fault in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel

from ablate.errors import Fault, SpecError
from ablate.text.tree import Node, Path
from ablate.text.validating import models_of, validate

M = TypeVar("M", bound=BaseModel)


class Reader:
    """Owns the faults of a tree: they are told here, each once, whoever comes upon them."""

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self._faults: dict[Fault, None] = {}
        self._parts: dict[tuple[type[BaseModel], Path], tuple[BaseModel | None, list[Fault]]] = {}

    @property
    def faults(self) -> tuple[Fault, ...]:
        """In the order they were found."""
        return tuple(self._faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Faults that were found in a part on its own."""
        self._faults |= dict.fromkeys(faults)

    def fault(self, path: Path, message: str) -> None:
        """A fault at `path`."""
        self.add([self.tree.fault(path, message)])

    def check(self) -> None:
        """Raise SpecError where there are faults, by file and line."""
        if self._faults:
            raise SpecError(in_order(self._faults))

    def plain(self, *path: str | int) -> Any:
        """What is written at `path`, without places; None where nothing is."""
        node = self.tree.find(path)
        return node.plain() if node else None

    def part(self, model: type[M], path: Path, absent: M | None = None) -> M | None:
        """The map at `path` as a `model`; None with faults, `absent` where nothing is written.

        The models that are fields of `model` are read as parts themselves, so that each is
        validated once, whoever asks for it and in whichever order.
        """
        if self.tree.find(path) is None:
            return absent
        part, faults = self._read(model, path)
        self.add(faults)
        return part if isinstance(part, model) else None

    def _read(self, model: type[BaseModel], path: Path) -> tuple[BaseModel | None, list[Fault]]:
        """A part and its faults; parts of it that have none are validated no second time."""
        if (model, path) not in self._parts:
            parts = {key: self._field(model, path, key) for key, _ in self.tree.at(path).items()}
            faults: list[Fault] = []
            whole = {key: part for key, part in parts.items() if part is not None}
            self._parts[model, path] = validate(model, self.tree, path, faults, whole), faults
        return self._parts[model, path]

    def _field(self, model: type[BaseModel], path: Path, key: str) -> BaseModel | None:
        """A setting that is a model itself, if it is one without faults."""
        field, below = model.model_fields.get(key), (*path, key)
        if field is None or field.metadata or not isinstance(self.tree.at(below).value, dict):
            return None
        kinds = models_of(field)
        return self._read(kinds[0], below)[0] if len(kinds) == 1 else None


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    """Each fault once, by file and line."""
    return sorted(dict.fromkeys(faults), key=_line_of)


def _line_of(fault: Fault) -> tuple[str, int]:
    place, _, line = fault.place.rpartition(":")
    return (place, int(line)) if line.isdigit() else (fault.place, 0)
