"""Where output goes."""

from __future__ import annotations

import pytest

from ablate.cli import console


def test_names_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    console().print("runs/[draft]:smile:/[/x]: 4 cells")
    assert capsys.readouterr().out == "runs/[draft]:smile:/[/x]: 4 cells\n"
