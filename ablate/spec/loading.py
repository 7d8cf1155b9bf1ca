"""Files -> studies and architectures: profiles, `--set` and `from:` merged in, then the checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ablate.errors import Fault, SpecError, UsageError
from ablate.spec.architecture import Architecture
from ablate.spec.families import read_architecture
from ablate.spec.reading import Node, from_plain, merge, read_setting, read_yaml
from ablate.spec.study import Study, read_study
from ablate.spec.validating import nearest, show


def load_study(
    source: str | Path | Mapping[str, Any], *, profile: str = "", sets: Iterable[str] = ()
) -> Study:
    """A study file (or the map in one) -> study: file < profile < `sets`, then every check.

    `sets` are `dotted.key=value` texts. Raises SpecError with every fault at once, UsageError for
    a file that cannot be read.
    """
    if isinstance(source, Mapping):
        tree, folder = from_plain(dict(source), "study"), Path()
    else:
        tree, folder = read_file(source), Path(source).parent
    if not isinstance(tree.value, dict):
        raise SpecError([tree.fault((), f"must be a map of settings, got {show(tree.plain())}")])
    faults: list[Fault] = []
    for name in _profiles(tree):
        # Every profile is checked whenever the file is read, not on the day it is asked for.
        faults += _faults_with(tree, folder, name) if name != profile else []
    overlays = [read_setting(text) for text in sets]
    try:
        study = read_study(_resolved(tree, folder, profile, overlays), profile)
    except SpecError as error:
        raise SpecError(_unique([*error.faults, *faults])) from None
    if faults:
        raise SpecError(_unique(faults))
    return study


def load_architecture(source: str | Path) -> Architecture:
    """An architecture file, or YAML text like `{family: densenet, depth: 40}` -> architecture."""
    text = str(source)
    is_text = isinstance(source, str) and ("{" in text or "\n" in text)
    tree = read_yaml(text, "architecture") if is_text else read_file(source)
    faults: list[Fault] = []
    found = read_architecture(tree, (), faults)
    if found is None:
        raise SpecError(faults)
    return found


def read_file(path: str | Path) -> Node:
    """A YAML file -> tree. Raises UsageError where it cannot be opened, SpecError for its text."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder, not a file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    return read_yaml(text, str(path))


def _profiles(tree: Node) -> list[str]:
    profiles = tree.get("profiles")
    return [name for name, _ in profiles.items()] if profiles else []


def _faults_with(tree: Node, folder: Path, profile: str) -> list[Fault]:
    try:
        read_study(_resolved(tree, folder, profile, []), profile)
    except SpecError as error:
        return list(error.faults)
    return []


def _unique(faults: Iterable[Fault]) -> list[Fault]:
    return list(dict.fromkeys(faults))


def _resolved(tree: Node, folder: Path, profile: str, overlays: Iterable[Node]) -> Node:
    """The tree that is left when profile, settings and files are merged in."""
    profiles = tree.get("profiles")
    if profiles is not None and not isinstance(profiles.value, dict):
        message = f"must be a map of name: changes, got {show(profiles.plain())}"
        raise SpecError([tree.fault(("profiles",), message)])
    merged = tree.without("profiles")
    if profile:
        over = profiles.get(profile) if profiles else None
        if over is None:
            names = _profiles(tree)
            hint = nearest(profile, names) if names else "; the file has none"
            raise SpecError([tree.fault(("profiles",), f"no profile `{profile}`{hint}")])
        if not isinstance(over.value, dict):
            message = f"must be a map of changes, got {show(over.plain())}"
            raise SpecError([tree.fault(("profiles", profile), message)])
        merged = merge(merged, over)
    for overlay in overlays:
        merged = merge(merged, overlay)
    return _with_files(merged, folder)


def _with_files(tree: Node, folder: Path) -> Node:
    """Every variant's `from: FILE` replaced by that file's architecture, under its own settings."""
    variants = tree.get("variants")
    if variants is None or not isinstance(variants.value, dict):
        return tree
    found: dict[str, Node] = {}
    for name, variant in variants.items():
        source = variant.get("from")
        if source is None:
            found[name] = variant
            continue
        if not isinstance(source.value, str):
            message = f"must be the path of an architecture file, got {show(source.plain())}"
            raise SpecError([tree.fault(("variants", name, "from"), message)])
        try:
            base = read_file(folder / source.value)
        except SpecError:
            raise
        except UsageError as error:
            raise SpecError([tree.fault(("variants", name, "from"), str(error))]) from None
        found[name] = merge(base, variant.without("from"))
    merged = dict(tree.value) if isinstance(tree.value, dict) else {}
    return Node(merged | {"variants": Node(found, variants.place)}, tree.place)
