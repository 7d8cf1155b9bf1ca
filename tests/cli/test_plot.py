"""`ablate plot`: which figures are drawn, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import call

pytestmark = pytest.mark.heavy


def test_plot(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plot", finished, "frontier", "--cost", "macs")
    assert code == 0
    assert [Path(line).name for line in out.splitlines()] == [
        "frontier-macs.png",
        "frontier-macs.svg",
    ]
    code, out, _ = call(capsys, "plot", finished, "--variant", "bc", "--rescale", "column")
    assert [Path(line).stem for line in out.splitlines()] == ["weights-bc-column"] * 2
    code, _, err = call(capsys, "plot", finished, "--variant", "bc", "--cost", "macs")
    assert (code, err.strip()) == (2, "no figure of this run takes --cost and --variant")
    code, _, err = call(capsys, "plot", finished, "fronteer")
    assert (code, err.strip()) == (2, "unknown figure `fronteer`. Did you mean `frontier`?")


def test_plot_elsewhere(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plot", finished, "frontier", "--out", tmp_path / "new")
    assert code == 0 and sorted(map(str, (tmp_path / "new").iterdir())) == out.split()
    code, out, _ = call(capsys, "plot", finished, "curves", "--out", tmp_path / "mine.svg")
    assert (code, out.split()) == (0, [str(tmp_path / "mine.svg")])
    code, _, err = call(capsys, "plot", finished, "--out", tmp_path / "mine.svg")
    assert code == 2 and err.startswith("--out: is one file; name the figure that is to be in")
    code, _, err = call(capsys, "plot", finished, "curves", "--out", tmp_path / "mine.gif")
    assert code == 2 and "a file that ends in .png, .svg or .pdf, got " in err
    more = ("--format", "pdf", "--size", "86x66mm", "--no-caption", "--out", tmp_path / "paper")
    code, out, _ = call(capsys, "plot", finished, *more)
    assert code == 0 and {Path(line).suffix for line in out.splitlines()} == {".pdf"}
    assert call(capsys, "plot", finished, "curves", "--size", "wide")[0] == 2
    (tmp_path / "file").touch()
    code, _, err = call(capsys, "plot", finished, "curves", "--out", tmp_path / "file" / "x")
    assert (code, err) == (5, f"{tmp_path}/file/x: Not a directory\n")
