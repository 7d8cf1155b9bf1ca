"""What is loaded when: heavy packages only by the verb that needs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import ablate

HEAVY = ("torch", "optuna", "pandas", "seaborn", "matplotlib", "scipy", "sklearn", "torchvision")


@cache
def loaded_by(*codes: str) -> dict[str, set[str]]:
    """The modules in a fresh interpreter after each of `codes`, run in turn."""
    program = f"""
import json, sys
loaded = {{}}
for code in {codes}:
    try:
        exec(code)
    except SystemExit:
        pass
    loaded[code] = [*sys.modules]
print('\\n' + json.dumps(loaded))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return {code: set(names) for code, names in json.loads(done.stdout.splitlines()[-1]).items()}


def command(*arguments: object) -> str:
    return f"from ablate.cli import main; main({[*map(str, arguments)]})"


LIGHT = (
    "import ablate",
    "import ablate.errors, ablate.machine, ablate.study",
    command("--help"),
    command("run", "--help"),
    command("schema"),
    command("plan", "no/such/file.yaml"),
)


@pytest.mark.parametrize("code", LIGHT)
def test_light(code: str) -> None:
    assert not loaded_by(*LIGHT)[code] & set(HEAVY)


OLD_RUNS = sorted((Path(__file__).parent / "old_runs").glob("*/finished-*/plan.json"))
READING = ("compare", "compare --classes", "compare --over images", "plot", "report")


@pytest.fixture(scope="module", params=OLD_RUNS, ids=lambda plan: plan.parent.name)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`loaded(verb)`: modules once verbs up to this have read a finished run folder."""
    kept: Path = request.param.parent
    run = shutil.copytree(kept, tmp_path_factory.mktemp("runs") / kept.name)
    by_verb = {verb: command(*verb.split(), run) for verb in ("status", *READING)}
    modules = loaded_by(*by_verb.values())
    return lambda verb: modules[by_verb[verb]]


def test_status_needs_the_record_alone(loaded: Callable[[str], set[str]]) -> None:
    assert "optuna" in loaded("status")
    assert not loaded("status") & (set(HEAVY) - {"optuna"})
    # Models of families, recipes and kinds of study take as long to make as the table to print.
    assert "ablate.cells.planned" in loaded("status")
    assert not loaded("status") & {"ablate.networks", "ablate.space", "ablate.cells.recipe"}
    # Nor is anything written: no YAML, no locks.
    assert not loaded("status") & {"ablate.records.record", "ruamel.yaml", "filelock"}


@pytest.mark.parametrize("verb", READING)
def test_what_reads_a_run_needs_no_torch(verb: str, loaded: Callable[[str], set[str]]) -> None:
    assert "pandas" in loaded(verb)
    assert not loaded(verb) & {"torch", "torchvision"}


@pytest.mark.parametrize("verb", ["status", *READING])
def test_what_reads_a_run_does_not_wait_for_what_changes_databases(
    verb: str, loaded: Callable[[str], set[str]]
) -> None:
    """Alembic, and what it brings along, takes as long to load as Optuna itself."""
    assert "sqlalchemy" in loaded(verb)
    assert not loaded(verb) & {"alembic", "mako", "sqlalchemy.dialects.postgresql"}


def test_a_worker_does_not_wait_for_what_it_does_not_use() -> None:
    """A study starts one for each core, and another for each that dies."""
    code = (
        "import ablate.workers.worker, ablate.cells, ablate.data, pathlib\n"
        "ablate.data.load_images(ablate.cells.Data(dataset='digits'), pathlib.Path())"
    )
    packages = loaded_by(code)[code]
    assert {"torch", "optuna"} <= packages
    assert not packages & {"scipy", "sklearn", "pandas", "seaborn", "torchvision"}


def test_public_names_are_pinned() -> None:
    """A name added or removed here is a change of the public API: say so in the changelog."""
    assert ablate.__all__ == [
        "__version__",
        "architecture",
        "build",
        "by_class",
        "compare",
        "confirm",
        "cost",
        "doctor",
        "effects",
        "equal_error",
        "export",
        "launch",
        "load",
        "load_architecture",
        "load_study",
        "measure",
        "plan",
        "plot",
        "predictions",
        "preview",
        "rebuild",
        "report",
        "results",
        "run",
        "status",
    ]
    assert dir(ablate) == ablate.__all__


@pytest.mark.parametrize("name", ablate.__all__)
def test_public_names_are_there(name: str) -> None:
    assert getattr(ablate, name)


def test_no_room_shadows_a_public_name() -> None:
    """Importing a room sets it as an attribute of the package."""
    rooms = {path.stem for path in Path(ablate.__file__).parent.iterdir()}
    assert not rooms & set(ablate.__all__)


def test_unknown_names_are_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        ablate.train  # noqa: B018
