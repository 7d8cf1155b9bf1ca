"""Folders and limits: what is told of each, and that none is made."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from ablate.health.checks import Check
from ablate.health.folders import FULL, NEARLY, _shared, folders, open_files, shared_memory

Usage = namedtuple("Usage", "total used free")


def told(home: Path, data: str = "data") -> dict[str, Check]:
    checks = folders(home / "deep" / "runs", home / "cache", home / data)
    return {check.name: check for check in checks}


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    checks = told(tmp_path)
    assert {checks[name].state for name in ("runs", "cache", "data")} == {"ok"}
    assert "not there" in checks["data"].message
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "deep").write_text("a file", encoding="utf-8")
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    checks = told(tmp_path)
    assert checks["runs"].state == "error"
    assert checks["runs"].message == f"{tmp_path / 'deep'}: cannot be written: Not a directory"
    assert "--runs" in checks["runs"].mend
    # Nothing is lost without a cache but time.
    assert checks["cache"].state == "warning" and "ABLATE_CACHE" in checks["cache"].mend
    assert checks["data"].state == "error" and "ABLATE_DATA" in checks["data"].mend


@pytest.mark.parametrize(
    ("free", "state"), [(FULL - 1, "error"), (NEARLY - 1, "warning"), (NEARLY, "ok")]
)
def test_a_disk_that_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - free, free))
    check = told(tmp_path)["runs"]
    assert check.state == state and "free" in check.message


def test_a_network_file_system(tmp_path: Path) -> None:
    (check,) = _shared(tmp_path / "runs", [("/", "ext4"), (str(tmp_path), "nfs4")])
    assert check.state == "warning" and "(nfs4)" in check.message and "--storage" in check.mend
    assert not list(_shared(tmp_path / "runs", [("/", "nfs"), (str(tmp_path), "ext4")]))
    assert not list(_shared(tmp_path / "runs", [(f"{tmp_path}2", "nfs")]))  # another folder


def test_limits() -> None:
    assert shared_memory(64 << 20).state == "warning"  # what Docker gives a container
    assert shared_memory(4 << 30).state == "ok"
    assert open_files(256).state == "warning" and "ulimit" in open_files(256).mend
    assert open_files(1024).state == open_files(-1).state == "ok"
