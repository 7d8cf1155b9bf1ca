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
