"""`ablate run STUDY --dry-run`: what would be done, and that nothing is written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import call

# Every file that Python opens to write, every folder and every move, told as it happens.
WATCHED = """
import os, sys

def watch(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and not str(path).startswith(("/dev/", "/proc/")):
            print("WRITES", path, file=sys.stderr)
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.truncate"):
        if "torchinductor" not in str(arguments[0]):  # a folder for temporary files of torch's own
            print("WRITES", event, *arguments, file=sys.stderr)

sys.addaudithook(watch)
from ablate.cli import main
main(sys.argv[1:])
"""


def everything(home: Path) -> dict[str, tuple[int, bytes]]:
    """Each file and folder below: when it was changed, and what is in it."""
    return {
        str(path.relative_to(home)): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(home.rglob("*"))
    }


def rehearsed(
    capsys: pytest.CaptureFixture[str], home: Path, *options: str
) -> tuple[dict[str, Any], str]:
    """What a dry run in the folder says, as a document and in words; nothing may change."""
    before = everything(home)
    study, runs = home / "tiny.yaml", home / "runs"
    arguments = ("run", study, "--runs", runs, "--devices", "cpu", "--dry-run", *options)
    code, out, err = call(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    code, out, err = call(capsys, *arguments)
    assert (code, err) == (0, "")
    assert everything(home) == before
    return document, out


@pytest.fixture
def home(finished_tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = Path(shutil.copytree(finished_tiny, tmp_path / "home"))
    monkeypatch.setenv("ABLATE_CACHE", str(copied / "cache"))
    return copied


def fates(document: dict[str, Any]) -> list[str]:
    return [cell["fate"] for cell in document["cells"]]


def test_a_new_run(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(home / "runs")
    document, out = rehearsed(capsys, home, "--jobs", "2")
    assert fates(document) == ["train"] * 4 and document["is_new"]
    assert document["predicted_seconds"] > 0 and document["devices"] == ["cpu"]
    assert "would train 4 of 4 cells with 2 at a time on cpu: about" in out
    assert f"would write to {home / 'runs' / 'tiny'}, which is new" in out
    assert "nothing was written" in out


def test_a_finished_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document, out = rehearsed(capsys, home)
    assert fates(document) == ["done"] * 4 and not document["is_new"]
    assert "would train 0 of 4 cells" in out and "4 are done" in out


def test_what_is_taken_over_and_what_is_damaged(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = sorted((home / "runs" / "tiny" / "cells").iterdir())
    document, out = rehearsed(capsys, home, "--as", "again")
    assert fates(document) == ["take over"] * 4
    assert {cell["source"] for cell in document["cells"]} == {"tiny"}
    assert "4 would be taken over from tiny" in out
    (kept[0] / "model.safetensors").write_bytes(b"no weights")
    assert sorted(fates(rehearsed(capsys, home)[0])) == ["done"] * 3 + ["train"]
    again = fates(rehearsed(capsys, home, "--as", "again")[0])
    assert sorted(again) == ["take over"] * 3 + ["train"]


def test_what_a_run_would_refuse(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything(home)
    study = home / "tiny.yaml"
    given = ("run", study, "--runs", home / "runs", "--devices", "cpu", "--dry-run")
    code, _, err = call(capsys, *given, "--set", "recipe.epochs=3", "--as", "tiny")
    assert code == 2 and "holds another question" in err
    changed = ("--set", "data={dataset: cifar10}", "--as", "c10", "--data", home / "none")
    code, _, err = call(capsys, *given, *changed)
    assert code == 5 and "was not found" in err
    code, out, err = call(capsys, *given, *changed, "--download")
    assert code == 0 and f"cifar10: would be fetched to {home / 'none'}" in err
    assert "would train 4 of 4 cells" in out
    assert everything(home) == before


def test_a_search_shows_its_space(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "tiny.yaml").write_text(
        "name: tiny-search\nquestion: Which?\ndata: {dataset: digits, limit: 120, hold_out: 60}\n"
        "recipe: {epochs: 1}\nspace: {family: densenet, depth: {choice: [7, 10]}, growth_rate: 4}\n"
        "sampler: {name: random, seed: 0}\nobjectives: {error: minimize}\nbudget: {trials: 2}\n",
        encoding="utf-8",
    )
    document, out = rehearsed(capsys, home, "--jobs", "2")
    assert document["cells"] == [] and len(document["space"]["points"]) == 2
    assert "would suggest cells and train them with 2 at a time on cpu, up to 2 in all" in out
    assert "2 points" in out


def test_no_file_is_opened_to_write(home: Path) -> None:
    shutil.rmtree(home / "runs")
    unset = {name: "" for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "ABLATE_DATA")}
    environment = {**os.environ, **unset, "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment["ABLATE_CACHE"] = str(home / "cache")
    before = everything(home)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "run", "tiny.yaml", "--dry-run", "--devices", "cpu"],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "would train 4 of 4" in done.stdout
    assert everything(home) == before
