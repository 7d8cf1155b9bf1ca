"""What shells are told when somebody presses the tab key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ablate.cli.options import runs_here, studies
from ablate.study import shipped_studies


def test_studies_by_name_and_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("fig.yaml", "fig.txt", ".figure.yaml", "figures/a.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert studies("qu") == ["quickstart"]
    ours = [name for name in shipped_studies() if name.startswith("fig")]
    assert len(ours) > 5 and studies("fig") == [*ours, "fig.yaml", "figures/"]
    assert studies("figures/") == ["figures/a.yaml"]
    assert studies(f"{tmp_path}/fig") == [f"{tmp_path}/fig.yaml", f"{tmp_path}/figures/"]
    assert studies(".f") == [".figure.yaml"]
    assert studies("no/such/") == []


def test_run_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("runs/a", "runs/b@smoke", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    assert runs_here("runs/") == ["runs/a/", "runs/b@smoke/"]  # nothing has run in them
    for name in ("a", "b@smoke"):
        (tmp_path / "runs" / name / "plan.json").write_text("{}", encoding="utf-8")
    assert runs_here("") == runs_here("ru") == ["runs/a", "runs/b@smoke"]
    assert runs_here("runs/b") == ["runs/b@smoke"]
    assert runs_here("else") == ["elsewhere/"]


def ablate(environment: dict[str, str], *arguments: str) -> str:
    # As the command that pip installs: completion is known by the program's name.
    code = "import sys; sys.argv[0] = 'ablate'; from ablate.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_bash_is_answered_without_torch() -> None:
    asked = {"COMP_WORDS": "ablate run quick", "COMP_CWORD": "2"}
    assert ablate({"_ABLATE_COMPLETE": "complete_bash", **asked}).split() == ["quickstart"]
    asked = {"_ABLATE_COMPLETE": "complete_bash", "COMP_WORDS": "ablate doc", "COMP_CWORD": "1"}
    assert ablate(asked).split() == ["doctor"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_completes(tmp_path: Path, shell: str) -> None:
    """By the script that `--show-completion` prints, which the shell itself must take."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not here")
    script = tmp_path / "completion"
    script.write_text(ablate({"_ABLATE_COMPLETE": f"source_{shell}"}), encoding="utf-8")
    assert "_ABLATE_COMPLETE=complete_" in script.read_text(encoding="utf-8")
    subprocess.run([program, "-n", script], check=True)
