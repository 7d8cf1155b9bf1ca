"""Families that are code of a user's: a class or function that gives a `torch.nn.Module`.

A study names one as `MODULE:NAME`, of a module beside the study file or of an installed package; or
a package gives it a name of its own by an entry point of the group `ablate.families`. Reading such
a study imports that module. Its parameters are the family's settings.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict, create_model

from ablate.machine import code_file, look_for_code
from ablate.networks.architecture import Architecture, Network
from ablate.networks.syntax import syntax_digest
from ablate.text import show

GROUP = "ablate.families"
INPUT = ("in_channels", "classes", "image_size")
_TAKEN = ("family", "from", "match", "recipe", "sweep")  # keys of a variant
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class NoSuchCode(Exception):
    """Why a name gives no family, as a fault has it."""


@dataclass(frozen=True)
class Code:
    """A class or function, and what tells whether it is still the same."""

    name: str  # MODULE:NAME
    make: Callable[..., Any] = field(compare=False, repr=False)
    syntax: str  # digest of the syntax tree of its module
    package: str  # name and version of the installed package that it is from; else empty
    file: str = field(compare=False)  # beside a study, or kept with a run; empty of a package's

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    def canonical(self) -> dict[str, str]:
        """What a key hashes: neither the file's name nor where it lies."""
        known = {"name": self.name.partition(":")[2], "syntax": self.syntax}
        return known | ({"package": self.package} if self.package else {})

    @property
    def described(self) -> str:
        """For people: what was run, and how to tell whether it is the same."""
        origin = f"package {self.package}" if self.package else "of no installed package"
        origin = f"{self.module}.py beside the study" if self.file else origin
        return f"{self.name}, {origin}, syntax tree {self.syntax}"


@dataclass(frozen=True)
class CodeNetwork(Network):
    """The network that code of a user's makes of these settings."""

    code: Code
    settings: Mapping[str, Any]  # by parameter, defaults too

    def canonical(self) -> dict[str, Any]:
        shape = {name: getattr(self, name) for name in INPUT}
        return {"family": "code", "code": self.code.canonical(), **shape, "settings": self.settings}

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


def is_code(name: str) -> bool:
    """Whether a family's name is meant as `MODULE:NAME`."""
    return ":" in name


def entry_points() -> dict[str, metadata.EntryPoint]:
    """Families that installed packages name, by their names."""
    return {each.name: each for each in metadata.entry_points(group=GROUP)}


def code_family(name: str) -> type[CodeArchitecture]:
    """The settings class of `MODULE:NAME`, or of an entry point. Raises NoSuchCode."""
    entry = None if is_code(name) else entry_points().get(name)
    target = name if entry is None else entry.value
    if not _NAME.fullmatch(target):
        raise NoSuchCode(f"must be a family's name or MODULE:NAME, got {show(target)}")
    file = None if entry else code_file(target.partition(":")[0])
    if file:
        try:
            source = file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise NoSuchCode(f"`{target}`: {file} cannot be read: {error}") from error
        return _family(name, target, "", str(file), source)
    return _family(name, target, _package(target, entry), "", "")


@cache
def _family(name: str, target: str, package: str, file: str, source: str) -> type[CodeArchitecture]:
    """One class for one state of the code: an edit of the file is seen when it is next named."""
    found = _found(target, package, file, source)
    fields = {key: value for key, value in _fields(found.make, target).items() if key not in INPUT}
    own: Any = {"family": (Literal[name], name), **fields}
    made = create_model("Code", __base__=CodeArchitecture, __doc__=found.make.__doc__, **own)
    made.code = found
    return made


def _found(target: str, package: str, file: str, source: str) -> Code:
    module_name, _, attributes = target.partition(":")
    try:
        if file:
            module = _executed(module_name, file, source)
        else:
            module = importlib.import_module(module_name)
            source = inspect.getsource(module)
        found: Any = module
        for attribute in attributes.split("."):
            found = getattr(found, attribute)
        digest = syntax_digest(source)
    except Exception as error:  # whatever a user's module does as it is imported
        told = " ".join(str(error).split()) or "without a word"
        raise NoSuchCode(f"`{target}`: {type(error).__name__}: {told}") from error
    if not callable(found):
        raise NoSuchCode(f"`{target}`: must be a class or function, got {show(found)}")
    return Code(target, found, digest, package, file)


def _executed(name: str, file: str, source: str) -> ModuleType:
    """A file as a module by itself: it may import what is installed, nothing that lies beside."""
    unique = f"ablate_code_{syntax_digest(source)}_{name}"
    spec = importlib.util.spec_from_loader(unique, loader=None, origin=file)
    assert spec is not None, "a spec without a loader is one"
    module = importlib.util.module_from_spec(spec)
    module.__file__ = file
    sys.modules[unique] = module  # dataclasses and pickles look their module up
    try:
        exec(compile(source, file, "exec"), module.__dict__)
    except BaseException:
        del sys.modules[unique]
        raise
    return module


def _package(target: str, entry: metadata.EntryPoint | None) -> str:
    """The installed package that code is from, with its version; empty where none says so."""
    if entry is not None and entry.dist is not None:
        return f"{entry.dist.name} {entry.dist.version}"
    module = re.split(r"[.:]", target)[0]
    names = metadata.packages_distributions().get(module, ())
    return ", ".join(f"{each} {metadata.version(each)}" for each in sorted(set(names)))


def _fields(make: Callable[..., Any], target: str) -> dict[str, Any]:
    """Parameters as fields of a model. Raises NoSuchCode for one that no study could write."""
    try:
        signature = inspect.signature(make, eval_str=True)
    except (NameError, TypeError, ValueError) as error:
        raise NoSuchCode(f"`{target}`: its parameters cannot be read: {error}") from error
    fields: dict[str, Any] = {}
    for name, each in signature.parameters.items():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            continue
        if each.kind is each.POSITIONAL_ONLY:
            raise NoSuchCode(f"`{target}`: `{name}` must be a parameter that can be named")
        is_given = each.default is not each.empty
        taken = name in _TAKEN or name.startswith("_") or hasattr(CodeArchitecture, name)
        if taken and name not in INPUT:
            raise NoSuchCode(f"`{target}`: no setting can be called `{name}`: rename the parameter")
        if is_given and not _is_plain(each.default):
            continue  # a class of layers, say, which no study file holds
        kind = Any if each.annotation is each.empty else each.annotation
        fields[name] = (kind, each.default if is_given else ...)
    return fields


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
