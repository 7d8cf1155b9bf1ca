"""`ablate export`: which network is taken, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablate
from ablate import analysis
from tests.cli.conftest import call

pytestmark = pytest.mark.heavy


def test_export(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "export", finished, "best", "--out", tmp_path / "best")
    assert (code, out.strip()) == (0, str(tmp_path / "best"))
    assert "(n=2) % validation error, " in err
    assert " parameters. Chosen for the lowest mean validation error of 2 points. " in err
    assert "luck of the choice" in err
    assert not ablate.load(tmp_path / "best").training
    code, _, err = call(capsys, "export", finished, "best", "--out", tmp_path / "best")
    choice, _ = analysis.choose(analysis.trained(finished), "best")
    key = choice.keys[0]
    assert code == 2 and f"is already there with cell {key[:8]}; remove it" in err
    code, _, err = call(capsys, "export", finished, "bst", "--out", tmp_path / "other")
    assert code == 2 and "'bst' is no variant and no key; one of best, knee, plain, bc" in err
    assert not (tmp_path / "other").exists()


def test_export_where(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    params = ablate.results(finished).groupby("variant")["params"].first()
    small = params.idxmin()
    out = tmp_path / "out"
    condition = f"params <= {params.min()} and error >= 0"
    assert call(capsys, "export", finished, "best", "--where", condition, "--out", out)[0] == 0
    card = (out / "README.md").read_text(encoding="utf-8")
    assert f"\n# {small}, depth" in card
    assert f"Chosen for the lowest mean validation error where {condition}; its first seed." in card
    again = ("export", finished, "best", "--out", tmp_path / "other", "--where")
    code, _, err = call(capsys, *again, "params <= 0.5k", "--where", "error < 50")
    assert code == 2
    assert f"met by none of the 2 finished points; the nearest has {params.min()}: {small}" in err
    code, _, err = call(capsys, *again, "parms <= 0.5k")
    assert code == 2 and "Did you mean `params`?" in err
