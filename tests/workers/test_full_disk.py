"""A disk that is full: told by name, in bounded time; and once there is space the run goes on."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from optuna.exceptions import StorageInternalError

import ablate
from ablate.errors import NoSpace, RecordAway
from ablate.records import Record, RunFolder
from ablate.workers import full_disk
from ablate.workers.full_disk import TellingOfFullDisks, no_space

WORDS = "no space left on {}: free some; the same command goes on"


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_it_is_found_behind_other_errors(number: int) -> None:
    here = Path("runs/a")
    of_file = OSError(number, os.strerror(number), "cells/k/checkpoint.pt")
    assert str(no_space(of_file, here)) == WORDS.format("cells/k/checkpoint.pt")
    assert str(no_space(OSError(number, ""), here)) == WORDS.format("runs/a")
    deep = caused(StorageInternalError("invalid data"), Exception("database or disk is full"))
    away = caused(RecordAway("the record cannot be used"), deep)
    assert str(no_space(away, here)) == WORDS.format("runs/a")


def test_an_error_may_be_its_own_cause() -> None:
    first = ValueError("a")
    caused(first, caused(ValueError("b"), first))
    assert no_space(first, Path()) is None


def test_what_has_other_causes_stays_what_it_is() -> None:
    with pytest.raises(RecordAway), TellingOfFullDisks(Path()):
        raise RecordAway("locked")
    with pytest.raises(PermissionError), TellingOfFullDisks(Path()):
        raise PermissionError(errno.EACCES, "no", "file")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 3 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small file system: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


class Filling:
    """Fills a disk when the second cell begins; what sleeps may free it again."""

    def __init__(self, disk: Path) -> None:
        self.ballast, self.starts = disk / "ballast", 0

    def __call__(self, event: dict[str, Any]) -> None:
        self.starts += event["kind"] == "start"
        if self.starts == 2 and event["kind"] == "start":
            with suppress(OSError), self.ballast.open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass


@pytest.mark.parametrize("is_freed", [True, False])
def test_a_disk_that_fills_up_while_it_trains(
    tiny_study: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch, is_freed: bool
) -> None:
    runs, filling, slept = small_disk / "runs", Filling(small_disk), list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if is_freed and len(slept) == 3:
            filling.ballast.unlink()

    monkeypatch.setattr(full_disk.time, "sleep", sleep)
    train = {"runs": runs, "devices": ["cpu"], "jobs": 0, "on_event": filling}
    if is_freed:
        assert ablate.run(tiny_study, **train).is_complete
    else:
        with pytest.raises(NoSpace, match=f"no space left on {runs}/tiny.*: free some; the same"):
            ablate.run(tiny_study, **train)
        assert sum(slept) < 300
        filling.ballast.unlink()
        assert ablate.run(tiny_study, **{**train, "on_event": print}).is_complete
    attempts = Record.open(RunFolder(runs / "tiny")).attempts_in_order()
    assert [each.state for each in attempts].count("complete") == 4
    assert not [*runs.rglob("checkpoint*.pt"), *runs.rglob("space")]
