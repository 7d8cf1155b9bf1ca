"""What is loaded when: heavy packages only by the verb that needs them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ablate

HEAVY = ("torch", "optuna", "pandas", "seaborn", "matplotlib", "scipy", "sklearn", "torchvision")


def modules_after(code: str) -> set[str]:
    """What a fresh interpreter has loaded after `code`."""
    program = (
        f"import sys, json\ntry:\n    {code}\nexcept SystemExit:\n    pass\n"
        "print('\\n' + json.dumps([*sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def loaded_by(code: str) -> set[str]:
    """The top-level packages of these."""
    return {name.split(".")[0] for name in modules_after(code)}


@pytest.mark.parametrize(
    "code",
    [
        "import ablate",
        "import ablate.errors, ablate.machine, ablate.study",
        "from ablate.cli import main; main(['--help'])",
        "from ablate.cli import main; main(['run', '--help'])",
        "from ablate.cli import main; main(['schema'])",
        "from ablate.cli import main; main(['plan', 'no/such/file.yaml'])",
    ],
)
def test_light(code: str) -> None:
    assert not loaded_by(code) & set(HEAVY)


OLD_RUNS = sorted((Path(__file__).parent / "old_runs").glob("*/finished-*/plan.json"))


@pytest.fixture(scope="module", params=OLD_RUNS, ids=lambda plan: plan.parent.name)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run folder, which verbs may write to."""
    kept: Path = request.param.parent
    return shutil.copytree(kept, tmp_path_factory.mktemp("runs") / kept.name)


def test_status_needs_the_record_alone(run: Path) -> None:
    loaded = modules_after(f"from ablate.cli import main; main(['status', {str(run)!r}])")
    assert "optuna" in loaded
    assert not loaded & (set(HEAVY) - {"optuna"})
    # Models of families, recipes and kinds of study take as long to make as the table to print.
    assert "ablate.study.planned" in loaded
    assert not loaded & {"ablate.networks", "ablate.space", "ablate.cells.recipe"}


@pytest.mark.parametrize("verb", [["compare"], ["compare", "--classes"], ["plot"]], ids=" ".join)
def test_what_reads_a_run_needs_no_torch(run: Path, verb: list[str]) -> None:
    name, *options = verb
    arguments = [name, str(run), *options]
    loaded = loaded_by(f"from ablate.cli import main; main({arguments})")
    assert "pandas" in loaded
    assert not loaded & {"torch", "torchvision"}


def test_a_table_needs_no_scipy_where_it_tests_nothing() -> None:
    assert "scipy" not in loaded_by("import ablate.analysis")


def test_analysis_needs_no_torch() -> None:
    loaded = loaded_by("import ablate.analysis, ablate.report.figures")
    assert "pandas" in loaded and "seaborn" in loaded
    assert not loaded & {"torch", "optuna"}


def test_a_worker_does_not_wait_for_what_it_does_not_use() -> None:
    """A study starts one for each core, and another for each that dies."""
    loaded = loaded_by("import ablate.engine.worker")
    assert {"torch", "optuna"} <= loaded
    assert not loaded & {"scipy", "sklearn", "pandas", "seaborn", "torchvision"}


def test_public_names_are_pinned() -> None:
    """A name added or removed here is a change of the public API: say so in the changelog."""
    assert ablate.__all__ == [
        "__version__",
        "architecture",
        "build",
        "compare",
        "confirm",
        "cost",
        "equal_error",
        "load",
        "load_architecture",
        "load_study",
        "measure",
        "plan",
        "predictions",
        "preview",
        "rebuild",
        "results",
        "run",
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
