"""`ablate schema`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import call


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "schema")
    assert code == 0 and json.loads(out)["title"] == "ablate study"
