"""`ablate cost`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import call

pytestmark = pytest.mark.heavy


def test_cost(capsys: pytest.CaptureFixture[str]) -> None:
    text = "{family: densenet, depth: 100, bottleneck_width: 4, compression: 0.5}"
    code, out, _ = call(capsys, "cost", text)
    assert code == 0
    assert "769,162 parameters; 287.9M MACs" in out
    _, out, _ = call(capsys, "cost", text, "--json")
    assert json.loads(out)["macs"] == 287_929_692
