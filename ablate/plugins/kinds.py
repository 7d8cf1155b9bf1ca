"""Kinds of code that a study names beside networks, and what it is called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, create_model

from ablate.errors import Fault
from ablate.machine import look_for_code
from ablate.plugins.finding import Code, NoSuchCode, entry_points, fields_of, find_code, is_code
from ablate.text import Frozen, from_plain, validate


class _Settings(Frozen):
    # Strict: 3.0 and "3" are no int.
    model_config = ConfigDict(protected_namespaces=(), strict=True, arbitrary_types_allowed=True)


@dataclass(frozen=True)
class Kind:
    """What code may be: the entry points that name it, and its parameters that are no settings."""

    what: str
    group: str
    given: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Those that installed packages give."""
        return [*entry_points(self.group)]

    def is_named(self, name: str) -> bool:
        """Whether a name is meant as code, of a package or as `MODULE:NAME`."""
        return is_code(name) or name in self.names

    def code(self, name: str) -> Code:
        """The class or function of that name. Raises NoSuchCode."""
        return find_code(name, self.group, self.what)

    def faults(self, name: str, written: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with a name and its settings: (setting, or nothing of the name; rule)."""
        faults: list[Fault] = []
        try:
            code = self.code(name)
            validate(_model(self, code, code.file), from_plain(dict(written), ""), (), faults)
        except NoSuchCode as error:
            return [("", str(error))]
        return [(fault.key, fault.message) for fault in faults]

    def chosen(self, name: str, written: Mapping[str, Any]) -> Chosen:
        """Code with its settings, defaults too, of which `faults` finds none. Raises NoSuchCode."""
        code = self.code(name)
        return Chosen(self, name, code, _model(self, code, code.file)(**written))


@dataclass(frozen=True)
class Chosen:
    """Code of a kind, and the settings that it is called with."""

    kind: Kind
    name: str  # as a study has it
    code: Code
    values: _Settings

    @property
    def settings(self) -> dict[str, Any]:
        return self.values.model_dump()

    def canonical(self) -> dict[str, Any]:
        """What a key hashes."""
        plain = self.values.model_dump(mode="json")
        return {"code": self.code.canonical(), "settings": plain}

    def takes(self, parameter: str) -> bool:
        """Whether the code has a parameter of that name."""
        return parameter in inspect.signature(self.code.make).parameters

    def made(self) -> Callable[..., Any]:
        """What takes the first of what the kind is `given`: the code itself, or what it returns."""
        if self.takes(self.kind.given[0]):
            return partial(self.code.make, **self.settings)
        made: Callable[..., Any] = self.code.make(**self.settings)
        return made

    @property
    def described(self) -> str:
        """For people: what was run, with which settings, and how to tell whether it is the same."""
        settings = "".join(f", {key}: {value}" for key, value in self.settings.items())
        return self.code.described + settings

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes import the code anew: modules of files have no name there."""
        written = self.values.model_dump(exclude_unset=True)
        return _again, (self.kind, self.name, self.code.file, written)


def _again(kind: Kind, name: str, file: str, written: dict[str, Any]) -> Chosen:
    if file:
        look_for_code(Path(file).parent)
    return kind.chosen(name, written)


@cache
def _model(kind: Kind, code: Code, file: str) -> type[_Settings]:
    """One class for one state of the code in one place."""
    fields = fields_of(code, kind.given, lambda name: hasattr(_Settings, name))
    return create_model("CodeSettings", __base__=_Settings, **fields)


DATASET = Kind("dataset", "ablate.datasets", ("root",))  # the folder of all datasets
LOSS = Kind("loss", "ablate.losses", ("logits", "labels"))
AUGMENTATION = Kind("augmentation", "ablate.augmentations", ("images",))
# Of the last three it depends on the device what they are.
OPTIMIZER = Kind(
    "optimizer",
    "ablate.optimizers",
    ("params", "lr", "weight_decay", "capturable", "foreach", "fused"),
)
