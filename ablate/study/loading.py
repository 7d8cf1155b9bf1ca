"""Files -> studies and architectures: profiles, `--set` and `from:` merged in, then the checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ablate.cells import preset_of
from ablate.errors import Fault, SpecError, UsageError
from ablate.networks import Architecture, as_architecture, read_architecture
from ablate.study.kinds import NAME_RULE, is_name
from ablate.study.study import Study, read_study
from ablate.text import (
    Node,
    Reader,
    from_plain,
    in_order,
    merge,
    nearest,
    read_file,
    read_setting,
    read_yaml,
    show,
)
from ablate.text import Path as KeyPath

MOST_PROFILES = 100  # each is checked as a whole
_OF_THE_FILE = ("from", "name", "profiles")  # what no profile changes


def load_study(
    source: str | Path | Mapping[str, Any], *, profile: str = "", sets: Iterable[str] = ()
) -> Study:
    """A study file (or the map in one) -> study: file < profile < `sets`, then every check.

    A file may be changes to another, `from: FILE`. `sets` are `dotted.key=value` texts. Raises
    SpecError with every fault at once, UsageError for a file that cannot be read.
    """
    tree = read_whole(source)
    folder = Path() if isinstance(source, Mapping) else Path(source).parent
    faults: list[Fault] = []
    profiles = _profiles(tree, faults)
    if profile and profile not in profiles and not faults:
        hint = nearest(profile, profiles) if profiles else "; the file has none"
        faults.append(tree.fault(("profiles",), f"no profile `{profile}`{hint}"))
    bare = asked = _with_space(tree.without("profiles"), folder, faults)
    for overlay in [
        *([profiles[profile]] if profile in profiles else []),
        *_overlays(sets, faults),
    ]:
        asked = _with_space(merge(asked, overlay), folder, faults)
    bare, asked = _with_defaults(bare), _with_defaults(asked)
    study, found = _read(asked, folder, profile)
    faults += found
    # Every other profile is checked too whenever the file is read, not on the day it is asked for.
    of_bare = found if asked == bare or not profiles else _read(bare, folder)[1]
    for name in [name for name in profiles if name != profile]:
        merged = _with_defaults(_with_space(merge(bare, profiles[name]), folder, faults))
        _, of_profile = _read(merged, folder)
        for fault in of_profile:
            if fault not in of_bare:
                message = f"{fault.message} (with profile {name})"
                faults.append(replace(fault, message=message))
    if faults or study is None:
        raise SpecError(in_order(faults))
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


def load_architecture(source: str | Path | Mapping[str, Any]) -> Architecture:
    """A file, YAML text like `{family: densenet, depth: 40}`, or a map -> architecture.

    Raises SpecError with every fault, UsageError for a file that cannot be read.
    """
    if isinstance(source, Mapping):
        return as_architecture(source)
    text = str(source)
    is_text = isinstance(source, str) and ("{" in text or "\n" in text)
    tree = read_yaml(text, "architecture") if is_text else read_file(source)
    reader = Reader(tree)
    found = read_architecture(reader)
    if found is None:
        raise SpecError(reader.faults)
    return found


def _profiles(tree: Node, faults: list[Fault]) -> dict[str, Node]:
    """Name -> changes, of the profiles that can be merged; faults are appended."""
    profiles = tree.get("profiles")
    if profiles is None:
        return {}
    if not isinstance(profiles.value, dict):
        message = f"must be a map of name: changes, got {show(profiles.plain())}"
        faults.append(tree.fault(("profiles",), message))
        return {}
    if len(profiles.value) > MOST_PROFILES:
        message = f"must be at most {MOST_PROFILES}, got {len(profiles.value)}"
        faults.append(tree.fault(("profiles",), message))
        return {}
    usable = {}
    for name, over in profiles.items():
        path = ("profiles", name)
        if not isinstance(over.value, dict):
            message = f"must be a map of changes, got {show(over.plain())}"
            faults.append(tree.fault(path, message))
            continue
        if not is_name(name):
            faults.append(tree.fault(path, f"a profile's name {NAME_RULE}"))
        for key in _OF_THE_FILE:
            if over.get(key) is not None:
                faults.append(tree.fault((*path, key), "may not be changed by a profile"))
        usable[name] = over.without(*_OF_THE_FILE)
    return usable


def _overlays(sets: Iterable[str], faults: list[Fault]) -> list[Node]:
    """`dotted.key=value` texts -> trees to merge; faults are appended."""
    overlays = []
    for text in sets:
        try:
            overlay = read_setting(text)
        except SpecError as error:
            faults += error.faults
            continue
        if overlay.get("profiles"):
            message = "is read from the file only: set what the profile would change"
            faults.append(overlay.fault(("profiles",), message))
        overlays.append(overlay.without("profiles"))
    return overlays


def _read(tree: Node, folder: Path, profile: str = "") -> tuple[Study | None, list[Fault]]:
    """A merged tree, still with its `from:` -> study and faults, one of them empty."""
    faults: list[Fault] = []
    whole, unread = _with_files(_with_baseline(tree, folder, faults), folder, faults)
    try:
        study = read_study(whole, profile, unread)
    except SpecError as error:
        return None, in_order([*faults, *error.faults])
    return (None, faults) if faults else (study, [])


def _with_defaults(tree: Node) -> Node:
    """A study with what it need not write where there is nothing to choose.

    A single variant is the baseline, and a study without a recipe has the preset of its dataset.
    """
    found = dict(tree.items())
    variants = tree.get("variants")
    alone = [name for name, _ in variants.items()] if variants else []
    if len(alone) == 1 and not any(
        tree.get(key) for key in ("baseline", "kind", "design", "space")
    ):
        found["baseline"] = Node(alone[0], tree.place_of(("variants",)))
    data = tree.get("data")
    dataset = data.get("dataset") if data else None
    if tree.get("recipe") is None:
        name = preset_of(dataset.value if dataset else None)
        found["recipe"] = from_plain({"preset": name}, tree.place)
    return Node(found, tree.place)


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
    base = _file_map(source, tree, ("from",), folder)
    whole = dict(merge(base.without("name", "profiles"), tree.without("from", "profiles")).items())
    below, above = base.get("profiles"), tree.get("profiles")
    # A null in a profile takes something from the study, so it has to be there still.
    profiles = merge(below, above, nulls=True) if below and above else above or below
    if profiles:
        whole["profiles"] = profiles
    return Node(whole, tree.place)


def _with_files(tree: Node, folder: Path, faults: list[Fault]) -> tuple[Node, set[str]]:
    """Every variant's `from: FILE` replaced by that file's architecture, under its own settings.

    Also the names of the variants whose file could not be read; faults are appended.
    """
    variants = tree.get("variants")
    if variants is None or not isinstance(variants.value, dict):
        return tree, set()
    found: dict[str, Node] = {}
    unread: set[str] = set()
    for name, variant in variants.items():
        source = variant.get("from")
        if source is None:
            found[name] = variant
            continue
        path = ("variants", name, "from")
        try:
            base = _file_map(source, tree, path, folder)
        except SpecError as error:
            faults += error.faults
            found[name] = variant
            unread.add(name)
        else:
            found[name] = merge(base, variant.without("from"))
    merged = dict(tree.items()) | {"variants": Node(found, variants.place)}
    return Node(merged, tree.place), unread


def _with_baseline(tree: Node, folder: Path, faults: list[Fault]) -> Node:
    """A design's `baseline: {from: FILE}` replaced by that file's map, under its own settings.

    A baseline whose file cannot be read stays as it is; its fault is appended.
    """
    design = tree.get("design")
    baseline = design.get("baseline") if design else None
    source = baseline.get("from") if baseline else None
    if design is None or baseline is None or source is None:
        return tree
    try:
        base = _file_map(source, tree, ("design", "baseline", "from"), folder)
    except SpecError as error:
        faults += error.faults
        return tree
    found = Node(
        {**dict(design.items()), "baseline": merge(base, baseline.without("from"))}, design.place
    )
    return Node({**dict(tree.items()), "design": found}, tree.place)


def _with_space(tree: Node, folder: Path, faults: list[Fault]) -> Node:
    """`space: FILE` replaced by that file's map, so that what follows can merge into it.

    A file that cannot be read stays a path; its fault is appended.
    """
    space = tree.get("space")
    if space is None or not isinstance(space.value, str):
        return tree
    try:
        found = _file_map(space, tree, ("space",), folder)
    except SpecError as error:
        faults += error.faults
        return tree
    return Node(dict(tree.items()) | {"space": found}, tree.place)


def _file_map(source: Node, tree: Node, path: KeyPath, folder: Path) -> Node:
    """The file that is named at `path`, as a map of settings. Raises SpecError."""
    if not isinstance(source.value, str):
        message = f"must be the path of a file, got {show(source.plain())}"
        raise SpecError([tree.fault(path, message)])
    try:
        base = read_file(folder / source.value)
    except SpecError:
        raise
    except UsageError as error:
        raise SpecError([tree.fault(path, str(error))]) from None
    if not isinstance(base.value, dict):
        message = f"must be a map of settings, got {show(base.plain())}"
        raise SpecError([base.fault((), message)])
    if base.get("from"):
        raise SpecError(
            [base.fault(("from",), "is read in a study only, not in the file it names")]
        )
    return base
