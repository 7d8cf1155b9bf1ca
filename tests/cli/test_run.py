"""`ablate run`: what it shows, says and leaves."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import call

pytestmark = pytest.mark.heavy


def test_run_shows_progress_a_table_a_picture_and_the_way_on(finished: Path) -> None:
    output = (finished.parents[1] / "output").read_text(encoding="utf-8")
    lines = output.splitlines()
    assert lines[0].startswith("runs/tiny: 4 cells, 0 of them done, about ")
    assert sum(line.startswith("[") and "error" in line for line in lines) == 4
    assert "digits validation error" in output
    assert "frontier: runs/tiny/figures/frontier.png" in lines
    assert "export a network: ablate export runs/tiny best" in lines
    assert lines[-1] == "complete: 4 of 4 cells are done, trained 4"
    assert "\x1b" not in output
    for name in ("frontier.png", "frontier.svg", "curves.png", "curves.svg"):
        assert (finished / "figures" / name).stat().st_size > 1000
    assert (finished / "results.csv").read_text(encoding="utf-8").startswith("study,profile,key")


def test_a_finished_study_says_so(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = finished.parents[1] / "tiny.yaml"
    code, out, _ = call(capsys, "run", study, "--runs", finished.parent)
    assert code == 0
    assert out.splitlines()[-1] == "complete: 4 of 4 cells are done, nothing to train"


def test_run_as_json(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = finished.parents[1] / "tiny.yaml"
    code, out, _ = call(capsys, "run", study, "--runs", finished.parent, "--json")
    found = json.loads(out)
    assert (code, found["complete"], found["states"]) == (0, True, {"done": 4})


def test_settings_that_change_cells_need_a_name(
    tiny_study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_study.parent)
    code, _, err = call(capsys, "run", tiny_study, "--set", "recipe.epochs=1")
    assert code == 2 and "--as NAME" in err
    assert not (tiny_study.parent / "runs").exists()


def test_missing_data_is_exit_5(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    tiny_study.write_text(text.replace("digits", "cifar10"), encoding="utf-8")
    nowhere = tmp_path / "nowhere"
    arguments = ("run", tiny_study, "--data", nowhere, "--runs", tmp_path / "runs")
    code, _, err = call(capsys, *arguments)
    assert code == 5
    for way in ("--download", "cifar10.npz", "--data FOLDER", "ABLATE_DATA"):
        assert way in err
    assert not (tmp_path / "runs").exists()


def test_a_run_on_the_test_set_says_how_to_export_without_choosing(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    text = text.replace("hold_out: 60", "evaluate: test").replace("[7]", "[7, 10]")
    tiny_study.write_text(text, encoding="utf-8")
    runs = tmp_path / "my runs"
    code, out, _ = call(capsys, "run", tiny_study, "--runs", runs, "--jobs", 0)
    (line,) = [line for line in out.splitlines() if line.startswith("export a network: ")]
    program, *arguments = shlex.split(line.removeprefix("export a network: "))
    assert (code, program) == (0, "ablate")
    assert call(capsys, *arguments, "--out", tmp_path / "out")[0] == 0


def test_holes_are_exit_3(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    tiny_study.write_text(text.replace("lr: 0.05", "lr: 1.0e+30"), encoding="utf-8")
    code, out, err = call(capsys, "run", tiny_study, "--runs", tmp_path / "runs", "--jobs", 0)
    assert code == 3
    assert "plain depth=7 seed=0: diverged: the loss was not finite in epoch" in err
    way_on = "run again with --retry diverged to try them again"
    assert out.splitlines()[-1] == f"holes: 4 diverged; {way_on}"
