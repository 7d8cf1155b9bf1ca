"""Each room imports only the rooms it may: data flows one way through the package."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import ablate

PACKAGE = Path(ablate.__file__).parent
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "machine": {"errors"},
    "spec": {"errors"},
    "models": {"errors", "machine", "spec"},
    "costs": {"errors", "machine", "spec", "models"},
    "data": {"errors", "machine", "spec"},
    "training": {"errors", "machine", "spec", "models", "data"},
    "search": {"errors", "machine", "spec", "costs", "data", "training"},
    "analysis": {"errors", "spec"},
    "report": {"errors", "spec", "analysis"},
    "export": {"errors", "machine", "spec", "models", "costs"},
    "measuring": {"errors", "machine", "spec", "models", "costs", "data", "training", "search"},
}
ALL_ROOMS = {*MAY_IMPORT, "api", "cli"}
# The outside world, where a room is to stay free of it.
FORBIDDEN: dict[str, set[str]] = {
    "errors": {"torch", "optuna", "pandas", "pydantic"},
    "spec": {"torch", "optuna", "pandas", "torchvision", "joblib"},
    "analysis": {"torch", "optuna", "matplotlib", "seaborn"},
    "report": {"torch", "optuna"},
    "models": {"optuna", "pandas"},
    "costs": {"optuna", "pandas"},
    "data": {"optuna", "pandas"},
    "training": {"optuna", "pandas"},
    "measuring": {"optuna", "pandas"},
    "export": {"optuna", "pandas"},
    "cli": {"optuna"},
    "api": {"optuna"},
}


def imports_of(path: Path) -> set[str]:
    """Every absolute module name a file imports, wherever in it, type-checking blocks excepted."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the room"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if node.module == "ablate" else {str(node.module)}
    return found


def files_of(room: str) -> list[Path]:
    folder = PACKAGE / room
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{room}.py"]


def test_every_file_is_in_a_room() -> None:
    found = {path.stem if path.is_file() else path.name for path in PACKAGE.iterdir()}
    assert found - {"__init__", "__main__", "py", "__pycache__"} == ALL_ROOMS


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_rooms_keep_their_doors(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room, "__version__"}
    for path in files_of(room):
        rooms = {name.split(".")[1] for name in imports_of(path) if name.startswith("ablate.")}
        assert rooms <= allowed, f"{path.relative_to(PACKAGE)} may not import {rooms - allowed}"


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_rooms_keep_the_world_out(room: str) -> None:
    for path in files_of(room):
        packages = {name.split(".")[0] for name in imports_of(path)}
        assert not packages & FORBIDDEN[room], path.relative_to(PACKAGE)


def test_the_package_knows_nothing_of_its_benchmarks() -> None:
    for path in PACKAGE.rglob("*.py"):
        packages = {name.split(".")[0] for name in imports_of(path)}
        assert "benchmarks" not in packages, path.relative_to(PACKAGE)


def test_only_search_knows_optuna() -> None:
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "optuna" for name in imports_of(path))
    }
    assert users == {"search"}
