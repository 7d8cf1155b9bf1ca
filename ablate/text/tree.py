"""YAML 1.2 text -> a tree of nodes that remember their line; merging such trees.

The tree exists so that a fault found anywhere later can name `file:line`, also after a profile and
`--set` were merged over the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

from ablate.errors import Fault, SpecError

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Node:
    """A value as written, with the place it was written at."""

    value: dict[str, Node] | list[Node] | Scalar
    place: str  # "studies/x.yaml:12", or "--set data.limit"

    def plain(self) -> Any:
        """The value without places: maps, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def get(self, key: str) -> Node | None:
        """The child under `key`; None where this is no map or has no such key."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def child(self, key: str | int) -> Node | None:
        """The child of a map or of a list; None where there is none."""
        if isinstance(self.value, list) and isinstance(key, int):
            return self.value[key] if key < len(self.value) else None
        return self.get(key) if isinstance(key, str) else None

    def find(self, path: Path) -> Node | None:
        """What was written at `path`; None where nothing was."""
        node: Node | None = self
        for key in path:
            node = node.child(key) if node else None
        return node

    def at(self, path: Path) -> Node:
        """What was written at `path`. Raises KeyError."""
        node = self.find(path)
        if node is None:
            raise KeyError(format_path(path))
        return node

    def put(self, path: Path, node: Node) -> Node:
        """This tree with `node` at `path`; what holds it must be maps."""
        if not path:
            return node
        key, rest = str(path[0]), path[1:]
        below = self.get(key) or Node({}, self.place)
        return Node({**dict(self.items()), key: below.put(rest, node)}, self.place)

    def items(self) -> Iterator[tuple[str, Node]]:
        """The entries of a map; nothing for anything else."""
        yield from self.value.items() if isinstance(self.value, dict) else ()

    def leaves(self, path: Path = ()) -> Iterator[Path]:
        """The paths of all that is no map, each below `path`."""
        if not isinstance(self.value, dict):
            yield path
        for key, child in self.items():
            yield from child.leaves((*path, key))

    def without(self, *keys: str) -> Node:
        """A map less some of its keys."""
        return Node({k: v for k, v in self.items() if k not in keys}, self.place)

    def place_of(self, path: Path) -> str:
        """Where `path` was written, or the nearest part of it that was."""
        node = self
        for key in path:
            child = node.child(key)
            if child is None:
                break
            node = child
        return node.place

    def fault(self, path: Path, message: str) -> Fault:
        """A fault at `path` below this node."""
        return Fault(format_path(path), message, self.place_of(path))


def format_path(path: Path) -> str:
    """('sweep', 'depth', 2) -> 'sweep.depth[2]'."""
    text = ""
    for key in path:
        if isinstance(key, str) and not (key and key.isprintable()):
            key = repr(key)  # a fault stays on one line
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def parse_path(text: str) -> Path:
    """'sweep.depth[2]' -> ('sweep', 'depth', 2)."""
    parts = re.findall(r"([^.\[\]]+)|\[(\d+)\]", text)
    return tuple(key or int(index) for key, index in parts)


def from_plain(value: Any, place: str) -> Node:
    """Maps, lists and scalars -> a tree whose every node has the same place."""
    if isinstance(value, dict):
        return Node({str(key): from_plain(child, place) for key, child in value.items()}, place)
    if isinstance(value, list | tuple):
        return Node([from_plain(child, place) for child in value], place)
    return Node(value, place)


def read_yaml(text: str, name: str) -> Node:
    """YAML text -> tree.

    `name` stands for the file in messages. Raises SpecError for bad syntax (the first fault, as
    nothing after it can be trusted), and for duplicate or non-text keys (all of them).
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        root = yaml.compose(text)
        faults: list[Fault] = []
        if root is None:
            raise SpecError([Fault("", "the file is empty", f"{name}:1")])
        _count_values(root, name, {})
        tree = _Reader(yaml, name, faults).node(root, ())
    except MarkedYAMLError as error:
        raise SpecError([_syntax_fault(error, text, name)]) from None
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        message = f"not YAML: character {text[error.position]!r} is not allowed"
        raise SpecError([Fault("", message, f"{name}:{line}")]) from None
    except RecursionError:
        raise SpecError([Fault("", "maps and lists are nested too deeply", name)]) from None
    if faults:
        raise SpecError(faults)
    return tree


MOST_VALUES = 100_000  # of a file, aliases written out: those of aliases have no end


def _count_values(node: YamlNode, name: str, counted: dict[int, int]) -> int:
    """How many values a node comes to; an alias of an ancestor, which is refused later, to none.

    Raises SpecError where they are too many, before any is made.
    """
    if id(node) in counted:
        return counted[id(node)]
    counted[id(node)] = 0
    parts = [] if isinstance(node, ScalarNode) else node.value
    children = [child for part in parts for child in (part if isinstance(part, tuple) else (part,))]
    total = 1 + sum(_count_values(child, name, counted) for child in children)
    if total > MOST_VALUES:
        message = f"must have at most {MOST_VALUES} values, aliases written out"
        raise SpecError([Fault("", message, f"{name}:{node.start_mark.line + 1}")])
    counted[id(node)] = total
    return total


_PLAIN_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class _Reader:
    """Walks ruamel's node graph; scalars are built by ruamel itself."""

    def __init__(self, yaml: YAML, name: str, faults: list[Fault]) -> None:
        self.yaml, self.name, self.faults = yaml, name, faults
        self.open: list[YamlNode] = []  # ancestors, to refuse an alias of one

    def node(self, node: YamlNode, path: Path) -> Node:
        place = f"{self.name}:{node.start_mark.line + 1}"
        if node in self.open:
            self.faults.append(Fault(format_path(path), "an alias may not contain itself", place))
            return Node(None, place)
        if not isinstance(node, ScalarNode) and str(node.tag) not in _PLAIN_TAGS:
            self.faults.append(Fault(format_path(path), f"unknown tag {node.tag}", place))
        self.open.append(node)
        try:
            if isinstance(node, MappingNode):
                return Node(self.mapping(node, path), place)
            if isinstance(node, SequenceNode):
                children = [self.node(child, (*path, i)) for i, child in enumerate(node.value)]
                return Node(children, place)
            return Node(self.scalar(cast(ScalarNode, node), path), place)
        finally:
            self.open.pop()

    def mapping(self, node: MappingNode, path: Path) -> dict[str, Node]:
        children: dict[str, Node] = {}
        first_line: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            place = f"{self.name}:{line}"
            if key_node.value == "<<" and key_node.style is None:  # in quotes it is a text
                message = "merge keys (<<) are not in YAML 1.2; write the settings out"
                self.faults.append(Fault(format_path(path), message, place))
                continue
            key = self.scalar(key_node, path) if isinstance(key_node, ScalarNode) else None
            if not isinstance(key, str):
                is_scalar = isinstance(key_node, ScalarNode)
                shown = _shortened(key_node.value) if is_scalar else "a map or list"
                message = f"a key must be text, got {shown}; put it in quotes"
                self.faults.append(Fault(format_path(path), message, place))
                continue
            if key in children:
                message = f"duplicate key, first set on line {first_line[key]}"
                self.faults.append(Fault(format_path((*path, key)), message, place))
                continue
            first_line[key] = line
            child = self.node(value_node, (*path, key))
            children[key] = Node(child.value, place)  # a reader looks for the key's own line
        return children

    def scalar(self, node: ScalarNode, path: Path) -> Any:
        try:
            value = self.yaml.constructor.construct_object(node)
            if isinstance(value, int) and not _LEAST <= value <= _MOST:
                raise ValueError(f"{_RANGE}, got a whole number of {len(node.value)} characters")
        except (YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
            place = f"{self.name}:{node.start_mark.line + 1}"
            self.faults.append(Fault(format_path(path), _unreadable(node, error), place))
            return None
        # Dates and binary are YAML types that no setting of ours has: keep the text.
        return value if isinstance(value, str | int | float | bool | None) else node.value


# More is held by nothing that a setting goes to. Python makes no number of over 4,300 digits.
_LEAST, _MOST = -(2**63), 2**63 - 1
_RANGE = "must be at least -2^63 and less than 2^63"


def _unreadable(node: ScalarNode, error: Exception) -> str:
    """Why ruamel made no value of a scalar; most of its constructors take for granted what fits."""
    if isinstance(error, MarkedYAMLError):
        return f"not YAML: {error.problem}"
    tag = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if tag == "int" and len(node.value) >= len(str(_MOST)):
        return f"{_RANGE}, got a whole number of {len(node.value)} characters"
    return f"not YAML: {_shortened(node.value)!r} is no !!{tag}"


def _shortened(text: str) -> str:
    text = " ".join(text.split())  # a fault stays on one line
    return text if len(text) <= 40 else f"{text[:37]}..."


def _syntax_fault(error: MarkedYAMLError, text: str, name: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.split("\n")
    if line <= len(lines) and "\t" in lines[line - 1][: _indent(lines[line - 1])]:
        return Fault("", "indented with a tab; YAML allows only spaces", f"{name}:{line}")
    problem = ", ".join(filter(None, [error.context, error.problem])) or "cannot be read"
    return Fault("", f"not YAML: {' '.join(problem.split())}", f"{name}:{line}")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def merge(base: Node, over: Node, *, nulls: bool = False) -> Node:
    """`over` laid over `base`: maps merge, lists and scalars replace, null removes.

    As in RFC 7396, a null in `over` never stays, also where `base` has nothing to remove. With
    `nulls` all of them stay, for what is itself to be laid over something.
    """
    if not isinstance(over.value, dict):
        return over
    if not isinstance(base.value, dict):
        base = Node({}, over.place)
    merged = dict(base.items())
    for key, child in over.items():
        if child.value is None and not nulls:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key, Node(None, child.place)), child, nulls=nulls)
    return Node(merged, base.place)


def read_setting(setting: str) -> Node:
    """`dotted.key=value` (the value is YAML) -> a tree to merge. Raises SpecError."""
    dotted, equals, text = setting.partition("=")
    keys = [key.strip() for key in dotted.split(".")]
    place = f"--set {dotted.strip()}"
    if not equals or not all(keys):
        message = f"must look like dotted.key=value, got {setting!r}"
        raise SpecError([Fault("", message, "--set")])
    try:
        value = read_yaml(text, place).plain() if text.strip() else None
    except SpecError as error:
        # There is one line, which needs no number.
        raise SpecError(
            [Fault(fault.key, fault.message, place) for fault in error.faults]
        ) from None
    for key in reversed(keys):
        value = {key: value}
    return from_plain(value, place)
