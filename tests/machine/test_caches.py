"""Where is kept what can be found out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.machine import cache_root


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"ABLATE_CACHE": "/fast", "XDG_CACHE_HOME": "/shared"}, Path("/fast")),
        ({"ABLATE_CACHE": "~/mine"}, Path.home() / "mine"),
        ({"XDG_CACHE_HOME": "/shared"}, Path("/shared/ablate")),
        ({}, Path.home() / ".cache" / "ablate"),
    ],
)
def test_the_variable_goes_above_the_users_folder(
    environment: dict[str, str], folder: Path
) -> None:
    assert cache_root(environment) == folder
