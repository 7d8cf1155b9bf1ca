"""Each room imports only the rooms and packages that docs/rooms.md lets it, by their doors."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import ablate
from tests.syntax import statements, tree_of

PACKAGE = Path(ablate.__file__).parent
REPOSITORY = Path(__file__).parents[1]
OPEN = ("doors", "errors", "text", "machine")  # to every room below them
MOST_LINES, MOST_FILES = 2_100, 20


@dataclass(frozen=True)
class Room:
    name: str
    rooms: frozenset[str]
    packages: frozenset[str]


def rooms_of_the_table() -> dict[str, Room]:
    text = (REPOSITORY / "docs" / "rooms.md").read_text(encoding="utf-8")
    found: dict[str, Room] = {}
    for name, _, rooms, packages in re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|(.*?)\|$", text, re.M):
        above = frozenset(OPEN) & found.keys()
        found[name] = Room(name, _names(rooms) | above, _names(packages))
    return found


def _names(cell: str) -> frozenset[str]:
    return frozenset(name.strip() for name in cell.split(",") if name.strip())


ROOMS = rooms_of_the_table()
KEPT_OUT = frozenset().union(*(room.packages for room in ROOMS.values()))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    """Every module a file imports, wherever in it, type-checking blocks excepted.

    `from ablate import cells` is `ablate.cells`.
    """
    return tuple(_imported(path, tree_of(path)))


def _imported(path: Path, tree: ast.Module) -> Iterator[str]:
    of_types = {
        each
        for node in statements(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for part in node.body
        for each in (part, *statements(part))
    }
    for node in statements(tree):
        if node in of_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            if node.module == "ablate":
                yield from (f"ablate.{alias.name}" for alias in node.names)
            else:
                yield str(node.module)


def files_of(room: str) -> list[Path]:
    folder = PACKAGE / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]


def of_the_package(path: Path) -> list[list[str]]:
    """The imports of the package's modules, in parts: ["ablate", "cells", "recipe"]."""
    parts = [name.split(".") for name in imports_of(path)]
    return [names for names in parts if names[0] == "ablate" and len(names) > 1]


def test_every_file_is_in_a_room_of_the_table() -> None:
    found = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    assert found - {"__init__", "__main__", "py", "__pycache__"} == set(ROOMS)


def test_data_flows_one_way() -> None:
    """No room may import one that stands below it, so there is no circle."""
    order = list(ROOMS)
    for number, room in enumerate(ROOMS.values()):
        assert room.rooms <= set(order[:number]), room.name


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_rooms_import_only_what_they_may(room: Room) -> None:
    allowed = room.rooms | {room.name, *ablate.__all__}
    for path in files_of(room.name):
        used = {names[1] for names in of_the_package(path)}
        assert used <= allowed, f"{path.relative_to(PACKAGE)} may not import {used - allowed}"


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_the_table_allows_no_more_than_is_used(room: Room) -> None:
    if room.name == "cli":  # everything
        return
    used = {names[1] for path in files_of(room.name) for names in of_the_package(path)}
    assert room.rooms - used <= set(OPEN), f"{room.name} has no use for {room.rooms - used}"


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_rooms_keep_the_world_out(room: Room) -> None:
    for path in files_of(room.name):
        packages = {name.split(".")[0] for name in imports_of(path)}
        wrong = packages & KEPT_OUT - room.packages
        assert not wrong, f"{path.relative_to(PACKAGE)} may not import {wrong}"


def test_only_doors_are_imported_from_outside() -> None:
    """The tests of a room may open its files."""
    places = ("ablate", "tests", "benchmarks", "studies")
    for path in (path for place in places for path in (REPOSITORY / place).rglob("*.py")):
        room = path.relative_to(REPOSITORY).parts[1]
        text = path.read_text(encoding="utf-8")
        if path.parent == PACKAGE or not re.search(r"ablate\.\w+\.", text):
            continue
        for names in of_the_package(path):
            is_behind_a_door = len(names) > 2 and names[1] in ROOMS
            assert not is_behind_a_door or names[1] == room, (
                f"{path.relative_to(REPOSITORY)} imports {'.'.join(names)}"
            )


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_door_opens_later_is_no_file_of_the_room(room: str) -> None:
    """Once loaded, the file would be what the room has by that name."""
    later = opened_later_by(PACKAGE / room / "__init__.py")
    assert not later & {path.stem for path in files_of(room)}


def opened_later_by(door: Path) -> set[str]:
    """The names that a door imports for type checkers alone."""
    tree = tree_of(door) if door.is_file() else ast.Module([], [])
    blocks = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [line for block in blocks for line in block.body if isinstance(line, ast.ImportFrom)]
    return {alias.name for line in imports for alias in line.names}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_of_a_size_that_one_can_look_around_in(room: str) -> None:
    files = files_of(room)
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    assert len(files) <= MOST_FILES and lines <= MOST_LINES, (room, len(files), lines)


def test_the_package_knows_nothing_of_its_benchmarks() -> None:
    for path in PACKAGE.rglob("*.py"):
        packages = {name.split(".")[0] for name in imports_of(path)}
        assert "benchmarks" not in packages, path.relative_to(PACKAGE)


def test_a_door_opens_later_what_it_imports_for_type_checkers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = tmp_path / "some_room" / "__init__.py"
    door.parent.mkdir()
    door.write_text(
        "from typing import TYPE_CHECKING\n"
        "from ablate.doors import opened_later\n"
        "if TYPE_CHECKING:\n"
        "    from some_room.heavy import WEIGHT, weigh\n"
        "__getattr__ = opened_later(__name__, __file__)\n"
    )
    door.with_name("heavy.py").write_text("WEIGHT = 7\nUNSEEN = 8\ndef weigh(): return WEIGHT\n")
    monkeypatch.syspath_prepend(tmp_path)
    room = import_module("some_room")
    try:
        assert "some_room.heavy" not in sys.modules
        assert room.weigh() == room.WEIGHT == 7
        with pytest.raises(AttributeError, match="module 'some_room' has no attribute 'UNSEEN'"):
            room.UNSEEN  # noqa: B018
    finally:
        for name in ("some_room", "some_room.heavy"):
            sys.modules.pop(name, None)
