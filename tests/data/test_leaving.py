"""Processes whose parent is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection

import psutil
import pytest

from ablate.data import leaving

SPAWN = multiprocessing.get_context("spawn")


def late(seconds: float) -> None:
    """What a process does that begins to watch its parent only when that is gone."""
    time.sleep(seconds)
    leaving.leave_with_parent()
    time.sleep(60)


def parent(sender: Connection, seconds: float) -> None:
    child = SPAWN.Process(target=late, args=(seconds,))
    child.start()
    sender.send(child.pid)
    time.sleep(60)


def test_a_parent_that_is_gone_already_is_noticed() -> None:
    receiver, sender = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=parent, args=(sender, 1.0))
    process.start()
    child = psutil.Process(receiver.recv())
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    child.wait(timeout=30)


def test_errors_are_told_unless_the_parent_is_gone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = True
    monkeypatch.setattr(leaving, "_parent_is_gone", lambda within: gone)
    leaving._say(OSError, OSError("reset by peer"), None)
    assert capsys.readouterr().err == ""
    gone = False
    leaving._say(OSError, OSError("disk full"), None)
    assert capsys.readouterr().err == "OSError: disk full\n"
