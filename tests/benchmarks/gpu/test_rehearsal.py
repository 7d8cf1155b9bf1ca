"""Both calls as on the machine, tiny; and what a rehearsal does not let pass."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from benchmarks.gpu.rehearsal import EXPECTED, check
from benchmarks.gpu.stages import ROOT

VARIABLE = "ABLATE_REHEARSAL_PYTHON"


@pytest.mark.slow
def test_a_rehearsal(tmp_path: Path) -> None:
    """By an interpreter that has torch 2.11, as the machine's has; wheels come from an index."""
    python = os.environ.get(VARIABLE, sys.executable)
    asked = [python, "-c", "import torch; print(torch.__version__)"]
    torch = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    if not torch.startswith("2.11."):
        pytest.skip(f"needs an interpreter with torch 2.11, named by {VARIABLE}")
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path)]
    if subprocess.run([*asked, "colorlog"], capture_output=True, check=False).returncode:
        pytest.skip("needs an index of packages")
    folder = tmp_path / "rehearsal"
    command = ["-m", "benchmarks.gpu", "rehearse", folder, "--python", python]
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for verb, names in EXPECTED.items():
        assert {path.name for path in (folder / verb).iterdir()} == names


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """The results of a second call as they should be."""
    out = tmp_path / "second"
    out.mkdir()
    lines = ["== data: rc 0, 1.0 s", "   3 skipped", "== study: rc 75, 9.0 s, ended", "   said"]
    (out / "log.txt").write_text("\n".join([*lines, "== compare: rc 0, 2 s"]), encoding="utf-8")
    for name in ("study.yaml", "curve.csv"):
        (tmp_path / name).write_text("text", encoding="utf-8")
    with tarfile.open(out / "study.tgz", "w:gz") as archive:
        for name in ("study.yaml", "curve.csv"):
            archive.add(tmp_path / name, f"run/{name}")
    return out


def test_what_is_right(second: Path) -> None:
    assert check("second", second) == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("== data: rc -9, 3.0 s", "second: data: must end with 0, got -9"),
        ("== more: skipped, 3 s were left", "second: == more: skipped, 3 s were left"),
        ("== study: rc 0, 3.0 s", "second: study: must end with 75, got 0"),
    ],
)
def test_a_stage_that_ended_otherwise(second: Path, line: str, fault: str) -> None:
    with (second / "log.txt").open("a", encoding="utf-8") as log:
        log.write(f"\n{line}\n")
    assert check("second", second) == [fault]


def test_files_that_lack_or_are_too_many(second: Path) -> None:
    (second / "study.tgz").unlink()
    (second / "study.new").write_text("", encoding="utf-8")
    assert check("second", second) == ["second: has no study.tgz", "second: has study.new too"]
