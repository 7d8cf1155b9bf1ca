"""Files are whole or not there; a damaged checkpoint is as good as none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest
import torch

from ablate.training.checkpoint import load_checkpoint, save_checkpoint, write_text, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_over_the_old_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.txt"
    for text in ("first, longer", "π"):
        write_text(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert names(path.parent) == ["b.txt"]


@pytest.mark.parametrize("before", [None, b"old"])
def test_writer_that_raises_changes_nothing(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "file"
    if before is not None:
        path.write_bytes(before)

    def half(stream: BinaryIO) -> None:
        stream.write(b"half of")
        stream.flush()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, half)
    assert names(tmp_path) == ([] if before is None else ["file"])
    assert before is None or path.read_bytes() == before


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    seen: list[bytes] = []

    def write(stream: BinaryIO) -> None:
        stream.write(b"new")
        stream.flush()
        seen.append(path.read_bytes())

    write_whole(path, write)
    assert seen == [b"old"]
    assert path.read_bytes() == b"new"


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    assert load_checkpoint(path) is None
    weight = torch.rand(2, 3, 4, 4).to(memory_format=torch.channels_last)
    save_checkpoint(path, {"weight": weight, "curve": [{"epoch": 1, "loss": None}]})
    state = load_checkpoint(path)
    assert state is not None
    assert torch.equal(state["weight"], weight)
    assert state["weight"].stride() == weight.stride()
    assert state["curve"] == [{"epoch": 1, "loss": None}]


def changed_in_the_middle(whole: bytes) -> bytes:
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda whole: b"",
    "text": lambda whole: b"hello",
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "last byte lost": lambda whole: whole[:-1],
    "longer": lambda whole: whole + b"\0",
    "one bit": changed_in_the_middle,
    "zeros": lambda whole: bytes(len(whole)),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_checkpoint_is_ignored_with_a_warning(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"weight": torch.rand(100)})
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with caplog.at_level(logging.WARNING, "ablate"):
        assert load_checkpoint(path) is None
    (record,) = caplog.records
    assert record.getMessage() == f"{path} is damaged and is ignored: training starts over"


def test_a_checkpoint_that_may_not_be_read_is_no_missing_one(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        load_checkpoint(tmp_path)
