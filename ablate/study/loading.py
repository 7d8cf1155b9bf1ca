"""Files -> studies and architectures: profiles, `--set` and `from:` merged in, then the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ablate.cells import preset_of
from ablate.errors import Fault, SpecError
from ablate.machine import look_for_code
from ablate.study.shipped import study_file
from ablate.study.study import Study, read_study
from ablate.text import (
    NAME_RULE,
    Node,
    Reader,
    from_plain,
    in_order,
    is_name,
    merge,
    nearest,
    read_file,
    read_named,
    read_setting,
    show,
)
from ablate.text import Path as KeyPath

MOST_PROFILES = 100  # each is checked as a whole
_OF_THE_FILE = ("from", "name", "profiles")  # what no profile changes


def load_study(
    source: str | Path | Mapping[str, Any], *, profile: str = "", sets: Iterable[str] = ()
) -> Study:
    """A study file (or the map in one) -> study: file < profile < `sets`, then every check.

    A file may be changes to another, `from: FILE`, and a bare name is that of a study that comes
    with ablate. `sets` are `dotted.key=value` texts. Raises SpecError with every fault at once,
    UsageError for a file that cannot be read.
    """
    source = source if isinstance(source, Mapping) else study_file(source)
    look_for_code(folder := Path() if isinstance(source, Mapping) else source.parent)
    reader = Reader(read_whole(source))
    profiles = _profiles(reader)
    if profile and profile not in profiles and not reader.faults:
        hint = nearest(profile, profiles) if profiles else "; the file has none"
        reader.fault(("profiles",), f"no profile `{profile}`{hint}")
    merged = bare = _with_space(reader.tree.without("profiles"), folder, reader)
    for overlay in (*filter(None, [profiles.get(profile)]), *_overlays(sets, reader)):
        merged = _with_space(merge(merged, overlay), folder, reader)
    study, faults = _read(merged, folder, profile)
    reader.add(faults)
    # Every other profile is checked too whenever the file is read, not on the day it is asked for.
    of_bare = faults if merged == bare or not profiles else _read(bare, folder)[1]
    for name in [name for name in profiles if name != profile]:
        _, faults = _read(_with_space(merge(bare, profiles[name]), folder, reader), folder)
        for fault in [fault for fault in faults if fault not in of_bare]:
            reader.add([replace(fault, message=f"{fault.message} (with profile {name})")])
    reader.check()
    assert study is not None, "a study without faults is one"
    return study


def read_whole(source: str | Path | Mapping[str, Any]) -> Node:
    """A study file (or the map in one) -> tree, profiles and all, with its top `from:` merged in.

    Raises SpecError for what is no map or changes none, UsageError for a file that cannot be read.
    """
    if isinstance(source, Mapping):
        tree, folder = from_plain(dict(source), "study"), Path()
    else:
        tree, folder = read_file(source), Path(source).parent
    if not isinstance(tree.value, dict):
        raise SpecError([tree.fault((), f"must be a map of settings, got {show(tree.plain())}")])
    return _with_study(tree, folder)


def _profiles(reader: Reader) -> dict[str, Node]:
    """Name -> changes, of the profiles that can be merged, with faults."""
    profiles = reader.tree.get("profiles")
    if profiles is None:
        return {}
    if not isinstance(profiles.value, dict):
        message = f"must be a map of name: changes, got {show(profiles.plain())}"
        reader.fault(("profiles",), message)
        return {}
    if len(profiles.value) > MOST_PROFILES:
        message = f"must be at most {MOST_PROFILES}, got {len(profiles.value)}"
        reader.fault(("profiles",), message)
        return {}
    usable = {}
    for name, changes in profiles.items():
        path = ("profiles", name)
        if not isinstance(changes.value, dict):
            reader.fault(path, f"must be a map of changes, got {show(changes.plain())}")
            continue
        if not is_name(name):
            reader.fault(path, f"a profile's name {NAME_RULE}")
        for key in [key for key in _OF_THE_FILE if changes.get(key)]:
            reader.fault((*path, key), "may not be changed by a profile")
        usable[name] = changes.without(*_OF_THE_FILE)
    return usable


def _overlays(sets: Iterable[str], reader: Reader) -> Iterator[Node]:
    """`dotted.key=value` texts -> trees to merge, with faults."""
    for text in sets:
        try:
            overlay = read_setting(text)
        except SpecError as error:
            reader.add(error.faults)
            continue
        if overlay.get("profiles"):
            message = "is read from the file only: set what the profile would change"
            reader.add([overlay.fault(("profiles",), message)])
        yield overlay.without("profiles")


def _read(tree: Node, folder: Path, profile: str = "") -> tuple[Study | None, list[Fault]]:
    """A merged tree, still with its `from:` -> study and faults, one of them empty."""
    reader = Reader(_with_defaults(tree))
    try:
        study = read_study(_with_files(reader.tree, folder, reader), profile)
    except SpecError as error:
        reader.add(error.faults)
        return None, in_order(reader.faults)
    return (None, list(reader.faults)) if reader.faults else (study, [])


def _with_defaults(tree: Node) -> Node:
    """A study with what it need not write where there is nothing to choose.

    A single variant is the baseline, and a study without a recipe has the preset of its dataset.
    """
    variants, dataset = tree.get("variants"), tree.find(("data", "dataset"))
    names = [name for name, _ in variants.items()] if variants else []
    if len(names) == 1 and not any(
        tree.get(key) for key in ("baseline", "kind", "design", "space")
    ):
        tree = tree.put(("baseline",), Node(names[0], tree.place_of(("variants",))))
    if tree.get("recipe") is None:
        preset = preset_of(dataset.value if dataset else None)
        tree = tree.put(("recipe",), from_plain({"preset": preset}, tree.place))
    return tree


def _with_study(tree: Node, folder: Path) -> Node:
    """A study written as changes to another's file, `from: FILE` -> the whole study.

    All but the name is taken over, and profiles change profiles. Raises SpecError where there is
    nothing to change, as every other fault would be about what is missing.
    """
    source = tree.get("from")
    if source is None:
        return tree
    if isinstance(source.value, str) and len(Path(source.value).parts) > 1:
        rule = "must be a file of the same folder, as what it names is looked for beside the study"
        raise SpecError([tree.fault(("from",), f"{rule}, got {show(source.value)}")])
    base = read_named(tree, ("from",), folder)
    whole = dict(merge(base.without("name", "profiles"), tree.without("from", "profiles")).items())
    below, above = base.get("profiles"), tree.get("profiles")
    # A null in a profile takes something from the study, so it has to be there still.
    profiles = merge(below, above, nulls=True) if below and above else above or below
    if profiles:
        whole["profiles"] = profiles
    return Node(whole, tree.place)


def _with_files(tree: Node, folder: Path, reader: Reader) -> Node:
    """Every variant's and a design's `from: FILE` replaced by that file's map, under its own keys.

    The `from:` of a file that cannot be read stays; its fault is told.
    """
    variants = tree.get("variants")
    paths: list[KeyPath] = [("variants", name) for name, _ in variants.items()] if variants else []
    for path in [*paths, ("design", "baseline")]:
        if tree.find((*path, "from")):
            tree = _with_file(tree, path, (*path, "from"), folder, reader)
    return tree


def _with_space(tree: Node, folder: Path, reader: Reader) -> Node:
    """`space: FILE` replaced by that file's map, so that what follows can merge into it.

    A file that cannot be read stays a path; its fault is told.
    """
    space = tree.get("space")
    is_file = space is not None and isinstance(space.value, str)
    return _with_file(tree, ("space",), ("space",), folder, reader) if is_file else tree


def _with_file(tree: Node, path: KeyPath, named: KeyPath, folder: Path, reader: Reader) -> Node:
    """The file that is named at `named` put at `path`, under what else is written there."""
    try:
        base = read_named(tree, named, folder)
    except SpecError as error:
        reader.add(error.faults)
        return tree
    return tree.put(path, merge(base, tree.at(path).without("from")))
