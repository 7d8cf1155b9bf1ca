"""A finished cell whose weights were changed: told, by its file, and no other figure is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ablate
from ablate.cli import main
from ablate.cli.exits import MEND

pytestmark = pytest.mark.heavy

TOLD = "model.safetensors: is not what result.json was written with"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, finished_tiny: Path) -> Path:
    """A study and beside it its run, whose baseline's first cell has other weights."""
    home = Path(shutil.copytree(finished_tiny, tmp_path_factory.mktemp("damaged") / "home"))
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
    assert code == 3 and f"{TOLD}; {MEND}" in err
    assert {Path(line).stem for line in lines} == {"frontier", "curves", "confusion"}


def test_it_can_still_be_looked_at_what_is_whole(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished / "runs" / "tiny"
    code, lines, err = call(capsys, "plot", run, "weights", "--variant", "bc")
    assert (code, err) == (0, "") and len(lines) == 2
    code, lines, err = call(capsys, "plot", run, "weights")
    assert (code, lines) == (3, []) and TOLD in err


def test_the_next_run_trains_it_again(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    study, runs = tmp_path / "copy" / "tiny.yaml", tmp_path / "copy" / "runs"
    code, lines, _ = call(capsys, "run", study, "--runs", runs, "--jobs", 0)
    assert code == 0 and lines[-1].endswith("complete: 4 of 4 cells are done, trained 1")
    told = [line for line in lines if TOLD in line]
    assert all(line.startswith("plain depth=7 seed=0: ") for line in told)
    ends = ("; it is trained again", "; it does not count, its files are in `refused`")
    assert [line.endswith(end) for line, end in zip(told, ends, strict=True)] == [True, True]
    assert any(line.startswith("[4/4] plain depth=7 seed=0: error ") for line in lines)
    code, _, err = call(capsys, "plot", runs / "tiny", "weights")
    assert (code, err) == (0, "")


def test_status_tells_what_the_next_run_does(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(finished, tmp_path / "copy")
    run = tmp_path / "copy" / "runs" / "tiny"
    first, second, *_ = ablate.results(run)["key"]
    compared = call(capsys, "compare", run)
    shutil.rmtree(run / "cells" / first)
    code, _, err = call(capsys, "status", run)
    assert code == 0
    assert err == "1 cell has lost its files: the next `ablate run` trains it again\n"
    (run / "cells" / second / "curve.csv").write_text("", "utf-8")
    _, _, err = call(capsys, "status", run)
    assert err == "2 cells have lost their files: the next `ablate run` trains them again\n"
    _, lines, _ = call(capsys, "status", run, "--json")
    found = json.loads("\n".join(lines))
    assert len(found["lost"]) == 2 and found["states"] == {"done": 4} and not found["complete"]
    assert call(capsys, "compare", run) == compared
