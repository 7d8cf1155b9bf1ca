"""A checkpoint comes back as it was; a damaged one is as good as none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ablate.errors import LaterFormat
from ablate.training import checkpoint
from ablate.training.checkpoint import FORMAT, load_checkpoint, save_checkpoint


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
def test_in_place_of_a_damaged_checkpoint_comes_the_one_before(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checkpoint.pt"
    for epoch in (1, 2, 3):
        save_checkpoint(path, {"epoch": epoch})
    assert len(list(tmp_path.iterdir())) == 2
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with caplog.at_level(logging.WARNING, "ablate"):
        assert load_checkpoint(path) == {"epoch": 2}
    assert caplog.messages == [
        f"{path} is damaged and is ignored: training goes on from the one of an epoch before"
    ]
    save_checkpoint(path, {"epoch": 3})
    path.unlink()
    assert load_checkpoint(path) == {"epoch": 2}  # and not the damaged one


def test_a_process_that_is_killed_while_it_saves_has_lost_no_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"epoch": 1})

    def killed(path: Path, content: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "write_bytes", killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, {"epoch": 2})
    assert load_checkpoint(path) == {"epoch": 1}


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


def test_a_checkpoint_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    save_checkpoint(path, {"format": FORMAT + 1, "weight": torch.rand(2)})
    with pytest.raises(LaterFormat, match=r"checkpoint\.pt: made by a later version of ablate"):
        load_checkpoint(path)
