"""`ablate status`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import call

pytestmark = pytest.mark.heavy


def test_status(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "status", finished)
    assert code == 0 and "done" in out and "4" in out
    code, out, _ = call(capsys, "status", finished, "--json")
    assert json.loads(out)["states"] == {"done": 4}


def test_what_more_seeds_would_settle(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "status", finished, "--more-seeds")
    assert code == 0 and "Nothing is compared here" in out  # its variants have no cost in common
    code, out, _ = call(capsys, "status", finished, "--more-seeds", "--json")
    told = json.loads(out)["more_seeds"]
    assert (told["comparisons"], told["undecided"], told["seeds"]) == (0, [], [])
    assert "more_seeds" not in json.loads(call(capsys, "status", finished, "--json")[1])
