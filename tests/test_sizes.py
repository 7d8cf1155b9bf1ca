"""Nothing is so large that one loses sight of it: files, functions, lists of parameters."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import ablate
from tests.syntax import statements, tree_of

PACKAGE = Path(ablate.__file__).parent
REPOSITORY = Path(__file__).parents[1]
MOST_LINES_OF_A_FILE, MOST_LINES, MOST_PARAMETERS = 350, 60, 8

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache  # and not as the file is imported, which every process of tests does
def sources() -> dict[Path, str]:
    """Every file of the package and of its benchmarks."""
    folders = (PACKAGE, REPOSITORY / "benchmarks")
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return {path: path.read_text(encoding="utf-8") for path in paths}


@cache
def functions() -> tuple[tuple[Path, Function], ...]:
    return tuple(
        (path, node)
        for path in sources()
        for node in statements(tree_of(path))
        if isinstance(node, Function) and "overload" not in map(ast.unparse, node.decorator_list)
    )


def parameters_of(function: Function) -> list[ast.arg]:
    given = function.args
    return [*given.posonlyargs, *given.args, *given.kwonlyargs]


def home_of(name: str, door: Path) -> str:
    """The module that a door has a name from."""
    (module,) = (
        str(node.module)
        for node in statements(tree_of(door))
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}
    )
    return module


@cache
def file_of(verb: str) -> Path:
    """Where a function lives that `ablate` opens, as the door of its room says."""
    room = home_of(verb, PACKAGE / "__init__.py").split(".")[1]
    module = home_of(verb, PACKAGE / room / "__init__.py")
    return PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")


VERBS = [name for name in ablate.__all__ if not name.startswith("_")]


def is_verb(path: Path, function: Function) -> bool:
    """Whether people call it from outside: they write its parameters by name."""
    is_of_one = function.name in VERBS and file_of(function.name) == path
    return is_of_one and function in tree_of(path).body


def is_of_a_command(annotation: str) -> bool:
    return annotation.startswith("Annotated[") and "typer." in annotation


@cache
def named_annotations() -> set[str]:
    """Arguments and options of commands that have a name, as several take them."""
    names = {
        target.id
        for path in sources()
        for node in tree_of(path).body
        if isinstance(node, ast.Assign) and is_of_a_command(ast.unparse(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return names | {"TrainingOptions"}  # of which each field is one


def is_command(function: Function) -> bool:
    """Whether each parameter is an argument or an option of a command line."""
    annotations = [ast.unparse(each.annotation or each) for each in parameters_of(function)]
    return all(text in named_annotations() or is_of_a_command(text) for text in annotations)


def test_files() -> None:
    tests = {path: path.read_text("utf-8") for path in Path(__file__).parent.rglob("*.py")}
    lines = {path: text.count("\n") for path, text in (sources() | tests).items()}
    assert not {path: n for path, n in lines.items() if n > MOST_LINES_OF_A_FILE}


def test_functions() -> None:
    lines = {
        f"{path}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path, function in functions()
    }
    assert len(lines) > 1_000
    assert not {name: n for name, n in lines.items() if n > MOST_LINES}


def test_parameters() -> None:
    """But of what people call from outside: verbs and commands."""
    numbers = {
        f"{path}:{function.name}": len(parameters_of(function))
        for path, function in functions()
        if not is_verb(path, function) and not is_command(function)
    }
    assert len(numbers) > 1_000
    assert not {name: n for name, n in numbers.items() if n > MOST_PARAMETERS}


def test_only_verbs_and_commands_are_left_out() -> None:
    left_out = [function.name for path, function in functions() if is_verb(path, function)]
    assert sorted(left_out) == VERBS
    commands = {
        function.name
        for _, function in functions()
        if parameters_of(function) and is_command(function)
    }
    assert {"run", "confirm", "measure", "step"} <= commands
    assert "train_plan" not in commands
