"""What options become, and values that they may not have."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from ablate import engine
from ablate.cli import app, main
from ablate.cli.options import TrainingOptions
from ablate.errors import UsageError
from ablate.records import Plan
from ablate.training import Execution
from ablate.workers import RunOptions
from tests.cli.conftest import call


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Execution]:
    """How the cells of a command were to be executed; nothing trains."""
    found: list[Execution] = []

    def stop(planned: Plan, path: Path, options: RunOptions, **_: Any) -> None:
        found.append(options.execution)
        raise UsageError("seen enough")

    monkeypatch.setattr(engine, "train_plan", stop)
    return found


OPTIONS: list[tuple[list[str], Execution]] = [
    ([], Execution()),
    (["--capture"], Execution()),
    (["--no-capture"], Execution(capture="off")),
    (["--compile"], Execution(compile=True)),
    (["--memory", "efficient"], Execution(memory="efficient")),
    (["--no-channels-last"], Execution(channels_last=False)),
    (["--determinism", "strict"], Execution(determinism="strict")),
    (["--cell-timeout", "3.5"], Execution(time_limit=3.5)),
]


@pytest.mark.parametrize(("options", "execution"), OPTIONS)
def test_options_are_how_cells_are_executed(
    tiny_study: Path, asked: list[Execution], options: list[str], execution: Execution
) -> None:
    with pytest.raises(SystemExit):
        main(["run", str(tiny_study), "--runs", str(tiny_study.parent / "runs"), *options])
    assert asked == [execution]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("none", "must be a whole number >= 1 or auto, got 'none'"),
        ("0", "must be a whole number >= 1 or auto, got '0'"),
        ("2", "--per-device: is for GPUs; on the CPU --jobs says how many cells train"),
        ("auto", "--per-device: is for GPUs; on the CPU --jobs says how many cells train"),
    ],
)
def test_devices_are_shared_only_where_it_can_be(
    tiny_study: Path, number: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tiny_study.parent / "runs"
    code, _, err = call(
        capsys, "run", tiny_study, "--runs", runs, "--devices", "cpu", "--per-device", number
    )
    assert (code, runs.exists()) == (2, False)
    assert message in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(("device", "code"), [("abacus", 2), ("cuda:99", 5)])
def test_unusable_devices(
    device: str, code: int, tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("run", tiny_study, "--devices", device, "--runs", tmp_path / "runs")
    found, _, err = call(capsys, *arguments)
    assert found == code
    assert device in err and "Traceback" not in err


def test_run_and_confirm_say_alike_how_cells_train() -> None:
    shared = [field.name for field in fields(TrainingOptions)]
    commands: Any = get_command(app)
    run, confirm = (
        {each.name: each for each in commands.commands[verb].params} for verb in ("run", "confirm")
    )
    assert [name for name in run if name in confirm] == ["data", *shared, "as_json"]
    for name in shared:
        for what in ("opts", "secondary_opts", "default", "help", "metavar"):
            assert getattr(run[name], what) == getattr(confirm[name], what)
