"""Addresses of servers: what is one, and that no secret is kept or repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ablate.errors import RunFolderError, UsageError
from ablate.storage import Server, checked, new_server

URL = "postgresql+psycopg://ada@db.example:5433/ablate?sslmode=require"


@pytest.mark.parametrize("given", [URL, URL.replace("+psycopg", "")])
def test_an_address_is_kept_as_it_is(given: str) -> None:
    assert checked(given) == URL


@pytest.mark.parametrize(
    "given",
    [
        "postgresql+psycopg://ada:s3cret@db.example/ablate",
        "postgresql://db.example/ablate?password=s3cret",
        "mysql://ada:s3cret@db.example/ablate",
        "sqlite:///s3cret.db",
        "s3cret",
        "postgresql://ada@db.example",
        "",
    ],
)
def test_what_is_none_is_refused_without_repeating_it(given: str) -> None:
    with pytest.raises(UsageError, match="--storage: ") as refused:
        checked(given)
    assert "s3cret" not in str(refused.value)


def test_the_first_to_write_it_decides(tmp_path: Path) -> None:
    path = tmp_path / "storage.json"
    first, second = new_server(URL, "growth"), new_server(URL, "growth")
    assert first.token != second.token
    assert first.write(path) == second.write(path) == Server.read(path) == first
    assert [each.name for each in tmp_path.iterdir()] == ["storage.json"]


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"url": URL}), '{"port": 1}'])
def test_a_damaged_one_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "storage.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"storage\.json: is damaged"):
        Server.read(path)
