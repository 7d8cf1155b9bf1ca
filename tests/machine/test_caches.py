"""Where is kept what can be found out again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.machine import cache_root, usable_cache
from ablate.machine.caches import home


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


def test_a_folder_that_can_be_written_is_made(tmp_path: Path) -> None:
    assert usable_cache({"ABLATE_CACHE": str(tmp_path / "a" / "b")}) == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_one_that_cannot_is_none_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    environment = {"XDG_CACHE_HOME": str(tmp_path / "file" / "cache")}
    assert usable_cache(environment) is None
    assert usable_cache(environment) is None
    assert [record.message for record in caplog.records] == [
        f"{tmp_path}/file/cache/ablate: Not a directory, so nothing is kept from one command to "
        "the next; ABLATE_CACHE names another folder"
    ]


def test_a_user_without_a_home_works_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert home() == Path()
    assert cache_root({}) == Path(".cache/ablate")
