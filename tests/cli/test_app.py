"""The command as a whole: its help, its version, commands that cannot be meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import ablate
from tests.cli.conftest import call

BROKEN = sorted((Path(__file__).parents[1] / "broken_studies").glob("*.yaml"))


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--version")[1].strip() == f"ablate {ablate.__version__}"
    code, out, _ = call(capsys, "--help")
    assert code == 0
    for verb in (
        "init",
        "plan",
        "run",
        "status",
        "compare",
        "plot",
        "confirm",
        "export",
        "cost",
        "schema",
    ):
        assert f"  {verb} " in out


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "schema")
    assert code == 0 and json.loads(out)["title"] == "ablate study"


def test_runner_of_typer_agrees() -> None:
    """The app itself, without `main`, is a plain typer app."""
    from ablate.cli import app

    result: Any = CliRunner().invoke(app, ["--version"])
    assert result.output.strip() == f"ablate {ablate.__version__}"


@pytest.mark.parametrize("verb", ["plan", "run"])
@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_studies_exit_2_and_write_nothing(
    verb: str,
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, verb, path)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert all(line.startswith(str(path.parent)) for line in err.splitlines())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["plan", "no/such.yaml"], 2, "no/such.yaml: no such file"),
        (["plan", "."], 2, "is a folder, not a file"),
        (["status", "runs/none"], 2, "no such folder; `ablate run STUDY` makes one"),
        (["cost", "{family: densnet}"], 2, "Did you mean `densenet`?"),
        (["cost", "{family: densenet, depth: 41}"], 2, "nearest: 40 and 43"),
        (["cost", "{family: densenet, depth: 40}", "--batch-size", "0"], 2, "must be >= 1"),
        (["plan", "x.yaml", "--jobs", "-1"], 2, "Invalid value for '--jobs'"),
        (["train"], 2, "No such command"),
        (["run"], 2, "Missing argument"),
    ],
)
@pytest.mark.heavy
def test_bad_commands(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = call(capsys, *arguments)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err
