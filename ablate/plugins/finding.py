"""Code of a user's that a study names: a class or function, known again by its syntax tree.

`MODULE:NAME` is of a module beside the study file or of an installed package; or a package gives it
a name of its own by an entry point. Reading such a study imports that module.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, get_origin

from pydantic import BeforeValidator

from ablate.machine import code_file
from ablate.plugins.syntax import syntax_digest
from ablate.text import near_miss, nearest, show

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


class NoSuchCode(Exception):
    """Why a name gives nothing to call, as a fault has it."""


@dataclass(frozen=True)
class Code:
    """A class or function, and what tells whether it is still the same."""

    name: str  # MODULE:NAME
    make: Callable[..., Any] = field(compare=False, repr=False)
    syntax: str  # digest of the syntax tree of its module; empty of a library's model
    package: str  # name and version of the installed package that it is from; else empty
    file: str = field(compare=False)  # beside a study, or kept with a run; empty of a package's

    @property
    def module(self) -> str:
        return self.name.partition(":")[0]

    def canonical(self) -> dict[str, str]:
        """What a key hashes: neither the file's name nor where it lies."""
        parts = {"syntax": self.syntax, "package": self.package}
        known = {key: value for key, value in parts.items() if value}
        return {"name": self.name.partition(":")[2], **known}

    @property
    def described(self) -> str:
        """For people: what was run, and how to tell whether it is the same."""
        origin = f"package {self.package}" if self.package else "of no installed package"
        origin = f"{self.module}.py beside the study" if self.file else origin
        return f"{self.name}, {origin}" + (f", syntax tree {self.syntax}" if self.syntax else "")


def is_code(name: str) -> bool:
    """Whether a name is meant as `MODULE:NAME`."""
    return ":" in name


def entry_points(group: str) -> dict[str, metadata.EntryPoint]:
    """What installed packages name in a group, by these names."""
    return {each.name: each for each in metadata.entry_points(group=group)}


def find_code(name: str, group: str, what: str, also: Path | None = None) -> Code:
    """The code of `MODULE:NAME`, or of an entry point of the group. Raises NoSuchCode.

    `what` it is to give, for the message; `also` is a folder that is looked in after those of what
    was opened. An edit of a file is seen when it is next named.
    """
    entry = None if is_code(name) else entry_points(group).get(name)
    target = name if entry is None else entry.value
    if not _NAME.fullmatch(target):
        rule = f"must be {'an' if what[0] in 'aeiou' else 'a'} {what}'s name or MODULE:NAME"
        raise NoSuchCode(f"{rule}, got {show(target)}")
    module = target.partition(":")[0]
    file = None if entry else code_file(module) or _file_in(also, module)
    if file:
        try:
            source = file.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise NoSuchCode(f"`{target}`: {file} cannot be read: {error}") from error
        return _found(target, "", str(file), source)
    return _found(target, _package(target, entry), "", "")


def _file_in(folder: Path | None, module: str) -> Path | None:
    file = folder / f"{module}.py" if folder and module.isidentifier() else None
    return file if file and file.is_file() else None


@cache
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
            if not hasattr(found, attribute):
                hint = near_miss(attribute, _callables(found)) or near_miss(attribute, dir(found))
                hint = hint or nearest(attribute, _callables(found))
                raise NoSuchCode(f"`{target}`: {module_name} has no `{attribute}`{hint}")
            found = getattr(found, attribute)
        digest = syntax_digest(source)
    except NoSuchCode:
        raise
    except Exception as error:  # whatever a user's module does as it is imported
        told = " ".join(str(error).split()) or "without a word"
        raise NoSuchCode(f"`{target}`: {type(error).__name__}: {told}") from error
    if not callable(found):
        raise NoSuchCode(f"`{target}`: must be a class or function, got {show(found)}")
    return Code(target, found, digest, package, file)


def _callables(module: Any) -> list[str]:
    """What of a module, or of a class in it, may be meant."""
    own = getattr(module, "__name__", "")
    return [
        name
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", own) == own and name[0] != "_"
    ]


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
    return ", ".join(f"{each} {_version(each)}" for each in sorted(set(names)))


def _version(package: str) -> str:
    version = metadata.version(package)
    # What torch is built for, `+cpu`, is no other code.
    return version.partition("+")[0] if package == "torch" else version


def fields_of(code: Code, given: Collection[str], taken: Callable[[str], bool]) -> dict[str, Any]:
    """Its parameters, but those `given` to it, as fields of a model.

    Raises NoSuchCode for one that no study could write, or whose name is `taken`.
    """
    try:
        signature = inspect.signature(code.make, eval_str=True)
    except (NameError, TypeError, ValueError) as error:
        raise NoSuchCode(f"`{code.name}`: its parameters cannot be read: {error}") from error
    fields: dict[str, Any] = {}
    for name, each in signature.parameters.items():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) or name in given:
            continue
        if each.kind is each.POSITIONAL_ONLY:
            raise NoSuchCode(f"`{code.name}`: `{name}` must be a parameter that can be named")
        is_given = each.default is not each.empty
        if name.startswith("_") or taken(name):
            rule = f"no setting can be called `{name}`: rename the parameter"
            raise NoSuchCode(f"`{code.name}`: {rule}")
        if is_given and not _is_plain(each.default):
            continue  # a class of layers, say, which no study file holds
        kind = Any if each.annotation is each.empty else each.annotation
        if get_origin(kind) is tuple:  # a study has lists
            kind = Annotated[kind, BeforeValidator(_tuple)]
        fields[name] = (kind, each.default if is_given else ...)
    return fields


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
