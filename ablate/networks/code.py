"""Families that are code of a user's: a class or function that gives a `torch.nn.Module`.

A study names one as `MODULE:NAME`, or by an entry point of the group `ablate.families`. Its
parameters are the family's settings.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, create_model

from ablate.machine import look_for_code
from ablate.networks.architecture import Architecture, Network
from ablate.plugins import Code, Weights, fields_of, find_code

GROUP = "ablate.families"
INPUT = ("in_channels", "classes", "image_size")
_TAKEN = ("family", "from", "match", "recipe", "sweep")  # keys of a variant


@dataclass(frozen=True)
class CodeNetwork(Network):
    """The network that code of a user's makes of these settings."""

    code: Code
    settings: Mapping[str, Any]  # by parameter, defaults too; of a library's model those written
    weights: Weights | None = None  # that it begins with

    def canonical(self) -> dict[str, Any]:
        """Raises MissingDataError where the file that it begins with is gone."""
        shape = {name: getattr(self, name) for name in INPUT}
        own = {"code": self.code.canonical(), **shape, "settings": self.settings}
        begun = {"weights": self.weights.sha256} if self.weights else {}
        return {"family": "code", **own, **begun}

    def make(self) -> Any:
        """What the code returns, which should be an `nn.Module`."""
        wanted = inspect.signature(self.code.make).parameters
        shape = {name: getattr(self, name) for name in INPUT if name in wanted}
        return self.code.make(**shape, **self.settings)


class CodeArchitecture(Architecture):
    """What its parameters say; `in_channels`, `classes` and `image_size` are the data's."""

    model_config = ConfigDict(protected_namespaces=(), strict=True)  # 3.0 and "3" are no int
    code: ClassVar[Code]

    def network(self) -> CodeNetwork:
        plain = self.model_dump(mode="json", exclude={"family", *INPUT})
        return CodeNetwork(*self.resolved_input(), self.code, plain)

    def __reduce__(self) -> tuple[Any, ...]:
        """Other processes import the code anew: classes that are made here have no name there."""
        return _again, (self.family, self.code.file, self.model_dump())


def _again(name: str, file: str, values: dict[str, Any]) -> Architecture:
    if file:
        look_for_code(Path(file).parent)
    return code_family(name).model_validate(values)


def code_family(name: str) -> type[CodeArchitecture]:
    """The settings class of `MODULE:NAME`, or of an entry point. Raises NoSuchCode."""
    code = find_code(name, GROUP, "family")
    return _family(name, code, code.file)


@cache
def _family(name: str, code: Code, file: str) -> type[CodeArchitecture]:
    """One class for one state of the code in one place."""
    own: Any = {"family": (Literal[name], name)}
    fields = fields_of(code, INPUT, lambda each: each in _TAKEN or hasattr(CodeArchitecture, each))
    made = create_model(
        "Code", __base__=CodeArchitecture, __doc__=code.make.__doc__, **own, **fields
    )
    made.code = code
    return made
