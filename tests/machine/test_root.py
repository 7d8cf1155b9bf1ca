"""What was asked for beats the variable, which beats the user's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.machine import data_root


@pytest.mark.parametrize(
    ("option", "environment", "expected"),
    [
        ("/asked", {"ABLATE_DATA": "/variable", "XDG_DATA_HOME": "/shared"}, "/asked"),
        (None, {"ABLATE_DATA": "/variable", "XDG_DATA_HOME": "/shared"}, "/variable"),
        (None, {"ABLATE_DATA": "", "XDG_DATA_HOME": "/shared"}, "/shared/ablate"),
        (None, {}, "~/.local/share/ablate"),
        ("~/asked", {}, "~/asked"),
        (None, {"ABLATE_DATA": "~/variable"}, "~/variable"),
    ],
)
def test_precedence(option: str | None, environment: dict[str, str], expected: str) -> None:
    assert data_root(option, environment) == Path(expected).expanduser()


def test_process_environment_counts_where_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ABLATE_DATA", "/variable")
    assert data_root() == Path("/variable")
    assert data_root(Path("/asked")) == Path("/asked")
