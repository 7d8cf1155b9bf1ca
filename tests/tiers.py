"""Which tests are `unit`: those whose modules' imports load nothing heavy and start no process.

`pytest -m unit` passes over every other module unread, so that neither torch nor what draws is
waited for, and refuses what no import shows: a function of ours that loads torch when it is called.
Such a test is marked `heavy`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Seconds to load or to draw with, and what makes up whole studies.
HEAVY = {"torch", "torchvision", "matplotlib", "seaborn", "benchmarks"}
PROCESSES = {"multiprocessing", "subprocess"}


def is_unit_run(config: pytest.Config) -> bool:
    return str(config.option.markexpr) == "unit"


def mark(item: pytest.Item) -> None:
    """As `unit`, where the tier is asked for or left out."""
    apart = any(item.get_closest_marker(name) for name in ("heavy", "slow", "gpu", "cifar10"))
    if "unit" in item.config.option.markexpr and not apart and is_unit(item.path):
        item.add_marker("unit")


@cache
def is_unit(path: Path) -> bool:
    """Whether this module of tests, or any module in this folder, may be `unit`."""
    # conftest.py is read with each module of its folder and of those below.
    folders = (folder for folder in (path, *path.parents) if ROOT in folder.parents)
    shared = [file for folder in folders if (file := folder / "conftest.py").is_file()]
    names = {name for file in shared for name in _imports(file)}
    if path.is_file():
        names |= set(_imports(path, within_functions=True))
    return not names & PROCESSES and not _closure(names) & HEAVY


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook: a test that loads such or starts a process fails, whatever it catches."""
    if event == "subprocess.Popen":
        pytest.fail("a unit test starts a process: mark it `heavy`, or import subprocess")
    if event == "import" and arguments[0] in HEAVY:
        pytest.fail(f"a unit test loads {arguments[0]}: mark it `heavy`")


def forbid_heavy() -> None:
    """For the rest of this process: a hook cannot be taken away."""
    loaded = HEAVY & sys.modules.keys()
    assert not loaded, f"loaded before the first unit test: {', '.join(sorted(loaded))}"
    sys.addaudithook(refuse)


def _closure(names: set[str]) -> set[str]:
    """Every module that these load, ours followed through, others by their first name."""
    reached: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            if file := _file(name):
                waiting |= set(_imports(file))
    return {name.partition(".")[0] for name in reached}


@cache
def _file(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split("."))
    files = (path / "__init__.py", path.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


@cache
def _imports(path: Path, *, within_functions: bool = False) -> tuple[str, ...]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(_names(tree, within_functions))


def _names(node: ast.AST, within_functions: bool) -> Iterator[str]:
    """The modules imported when this is run, each with the packages that it is in."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                for alias in child.names:
                    yield from _with_packages(alias.name)
            case ast.ImportFrom(module=str(module)):
                yield from _with_packages(module)
                yield from (f"{module}.{alias.name}" for alias in child.names)
            case ast.If() if ast.unparse(child.test) == "TYPE_CHECKING":
                pass
            case ast.FunctionDef() | ast.AsyncFunctionDef() if not within_functions:
                pass
            case ast.expr():  # holds no statement
                pass
            case _:
                yield from _names(child, within_functions)


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))
