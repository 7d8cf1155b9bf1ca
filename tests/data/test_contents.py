"""Digests of files: of the content whatever the cache says, which spares reading it again."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from ablate.data import contents
from ablate.data.contents import digests, evenly

YEARS = 10**17  # ns, three of them


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files that have not changed lately; the cache beside them."""
    monkeypatch.setenv("ABLATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(contents, "TICK", 0)  # or else a test would have to wait for the files
    for name in ("a", "b", "c"):
        (tmp_path / "files").mkdir(exist_ok=True)
        (tmp_path / "files" / name).write_bytes(name.encode() * 10)
    return tmp_path / "files"


def known(folder: Path) -> list[bytes]:
    return digests(folder, {path.name: path.stat() for path in sorted(folder.iterdir())})


def of(*texts: bytes) -> list[bytes]:
    return [hashlib.sha256(text).digest()[:16] for text in texts]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read, as they are."""
    names: list[str] = []
    usual = contents._digest
    monkeypatch.setattr(contents, "_digest", lambda path: (names.append(path.name), usual(path))[1])
    return names


def test_files_are_read_once(folder: Path, read: list[str]) -> None:
    first = known(folder)
    assert first == of(b"a" * 10, b"b" * 10, b"c" * 10) and sorted(read) == ["a", "b", "c"]
    read.clear()
    assert known(folder) == first and read == []
    (folder / "d").write_bytes(b"new")
    assert known(folder) == [*first, *of(b"new")] and read == ["d"]


def test_the_same_size_and_time_do_not_hide_other_content(folder: Path, read: list[str]) -> None:
    """A copy with `cp -p` over the old file: in place, and as a file of its own."""
    known(folder)
    path, before = folder / "b", (folder / "b").stat()
    path.write_bytes(b"x" * 10)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert known(folder)[1:2] == of(b"x" * 10)
    other = folder / "other"
    other.write_bytes(b"y" * 10)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(path)
    assert known(folder)[1:2] == of(b"y" * 10)


def test_what_changed_just_now_is_read_again(
    folder: Path, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a tick of the file system's clock it may change once more and look the same."""
    monkeypatch.setattr(contents, "TICK", YEARS)
    known(folder)
    read.clear()
    known(folder)
    assert sorted(read) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda cache: cache.write_text("{"),
        lambda cache: cache.write_bytes(b"\xff\xfe"),
        lambda cache: cache.write_text("[]"),
        lambda cache: cache.write_text("{}"),
        lambda cache: cache.write_text(json.dumps({"form": 1, "files": {"a": 3, "b": [1]}})),
        lambda cache: cache.write_text(cache.read_text().replace('"form": 1', '"form": 2')),
        lambda cache: (cache.unlink(), cache.mkdir()),
    ],
    ids=["half", "bytes", "list", "empty", "foreign", "of another version", "a folder"],
)
def test_a_damaged_cache_is_as_good_as_none(folder: Path, damage: object) -> None:
    first = known(folder)
    (cache,) = (Path(os.environ["ABLATE_CACHE"]) / "digests").iterdir()
    damage(cache)  # type: ignore[operator]
    assert known(folder) == first


@pytest.mark.parametrize("digest", ["", "xyz", "g" * 32, 7])
def test_a_digest_that_is_none_is_not_believed(folder: Path, digest: object) -> None:
    first = known(folder)
    (cache,) = (Path(os.environ["ABLATE_CACHE"]) / "digests").iterdir()
    document = json.loads(cache.read_text(encoding="utf-8"))
    document["files"]["a"][1] = digest
    cache.write_text(json.dumps(document), encoding="utf-8")
    assert known(folder) == first


def test_without_a_cache_it_goes_on(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = known(folder)
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("ABLATE_CACHE", str(tmp_path / "file"))  # no folder can be made there
    assert known(folder) == first

    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(contents, "cache_root", homeless)
    assert known(folder) == first


def test_names_that_are_no_text(folder: Path, read: list[str]) -> None:
    os.rename(folder / "a", os.fsencode(folder) + b"/\xff")
    first = known(folder)
    read.clear()
    assert known(folder) == first and read == []


def test_much_to_read_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(contents, "WORTH_SAYING", 29)
    for _ in range(2):
        known(folder)
    (record,) = caplog.records
    assert record.getMessage() == f"{folder}: 0 GB of images are read once, to know them again"


@pytest.mark.parametrize(
    ("count", "wanted", "chosen"),
    [(3, 3, [0, 1, 2]), (2, 3, [0, 1]), (10, 4, [0, 2, 5, 7]), (0, 3, [])],
)
def test_evenly(count: int, wanted: int, chosen: list[int]) -> None:
    assert evenly(count, wanted) == chosen
