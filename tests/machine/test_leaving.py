"""Processes whose parent is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from contextlib import suppress
from multiprocessing.connection import Connection

import psutil
import pytest

from ablate.machine import leaving
from tests.conftest import PATIENCE

SPAWN = multiprocessing.get_context("spawn")


def late(parent: int) -> None:
    """What a process does that begins to watch its parent only when that is gone."""
    while os.getppid() == parent:
        time.sleep(0.01)
    leaving.leave_with_parent()
    time.sleep(2 * PATIENCE)


def parent(sender: Connection) -> None:
    child = SPAWN.Process(target=late, args=(os.getpid(),))
    child.start()
    sender.send(child.pid)
    time.sleep(2 * PATIENCE)


def test_a_parent_that_is_gone_already_is_noticed() -> None:
    receiver, sender = SPAWN.Pipe(duplex=False)
    process = SPAWN.Process(target=parent, args=(sender,))
    process.start()
    child = psutil.Process(receiver.recv())
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    try:
        child.wait(timeout=PATIENCE)
    finally:
        with suppress(psutil.NoSuchProcess):
            child.kill()


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
