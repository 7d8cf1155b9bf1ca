"""A finished cell whose weights were changed: told, by its file, and no other figure is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import ablate
from ablate.cli import main
from tests.conftest import TINY_STUDY

TOLD = "model.safetensors: is not what result.json was written with"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study and beside it its run, whose baseline's first cell has other weights."""
    home = tmp_path_factory.mktemp("damaged")
    (home / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    ablate.run(ablate.load_study(home / "tiny.yaml"), runs=home / "runs", jobs=0)
    table = ablate.results(home / "runs" / "tiny")
    key = table.loc[table["variant"] == "plain", "key"].iloc[0]
    path = home / "runs" / "tiny" / "cells" / key / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 64
    path.write_bytes(content)
    return home


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str], str]:
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out.splitlines(), err


def test_every_other_figure_is_drawn_and_it_is_told(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, err = call(capsys, "plot", finished / "runs" / "tiny")
    assert code == 1 and TOLD in err
    assert {Path(line).stem for line in lines} == {"frontier", "curves", "confusion"}


def test_it_can_still_be_looked_at_what_is_whole(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished / "runs" / "tiny"
    code, lines, err = call(capsys, "plot", run, "weights", "--variant", "bc")
    assert (code, err) == (0, "") and len(lines) == 2
    code, lines, err = call(capsys, "plot", run, "weights")
    assert (code, lines) == (1, []) and TOLD in err


def test_a_run_says_what_brings_it_back(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    study, runs = tmp_path / "copy" / "tiny.yaml", tmp_path / "copy" / "runs"
    code, lines, err = call(capsys, "run", study, "--runs", runs)
    assert code == 0 and lines[-1] == "complete: 4 of 4 cells are done, nothing to train"
    assert f"{TOLD}; with --as NAME `ablate run` trains it again" in err
    code, lines, _ = call(capsys, "run", study, "--runs", runs, "--as", "again", "--jobs", 0)
    assert code == 0 and lines[-1].startswith("complete: 4 of 4 cells are done, trained 1")
    code, _, err = call(capsys, "plot", runs / "again", "weights")
    assert (code, err) == (0, "")
