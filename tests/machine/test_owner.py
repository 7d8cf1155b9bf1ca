"""Whether the process that signed its work still lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ablate.machine import is_at_work, is_dead, owner, this_process


@pytest.fixture(params=["ticks", "start"])
def mine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """As this process signs here, and as it does where there is no /proc: earlier ones did so."""
    if request.param == "start":
        monkeypatch.setattr(owner, "_BOOT", Path("/no/such/boot"))
    elif not sys.platform.startswith("linux"):
        pytest.skip("counts no ticks")
    return this_process()


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def signed_by(pid: int, mine: dict[str, Any]) -> dict[str, Any]:
    """As a process of this host signs."""
    if "start" in mine:
        return mine | {"pid": pid, "start": psutil.Process(pid).create_time()}
    return mine | {"pid": pid, "ticks": owner._state_and_ticks(pid)[1]}


def test_this_process_lives(mine: dict[str, Any]) -> None:
    assert not is_dead(mine)
    assert mine == this_process() and mine["pid"] == os.getpid()


def test_a_process_that_ended_is_dead(mine: dict[str, Any]) -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert is_dead(mine | {"pid": done.pid})


def test_a_killed_process_is_dead_before_its_parent_has_looked(
    mine: dict[str, Any], sleeper: subprocess.Popen[bytes]
) -> None:
    signed = signed_by(sleeper.pid, mine)
    assert not is_dead(signed)
    sleeper.kill()
    # Not waited for: it stays in the process table until the end of this test.
    while not is_dead(signed):
        pass


def test_a_process_is_at_work_until_it_is_stopped(
    mine: dict[str, Any], sleeper: subprocess.Popen[bytes]
) -> None:
    signed = signed_by(sleeper.pid, mine)
    assert is_at_work(signed) and not is_at_work(signed | {"host": "elsewhere"})
    sleeper.send_signal(signal.SIGSTOP)
    while is_at_work(signed):
        pass
    sleeper.send_signal(signal.SIGCONT)
    while not is_at_work(signed):
        pass


def test_a_pid_that_was_given_to_another_process_is_dead(mine: dict[str, Any]) -> None:
    assert is_dead(mine | {("start" if "start" in mine else "ticks"): 1})


def test_a_process_of_an_earlier_boot_is_dead() -> None:
    assert is_dead({"boot": "", "ticks": 0} | this_process() | {"boot": "earlier", "start": 0.0})


def test_of_another_host_nothing_is_known(mine: dict[str, Any]) -> None:
    assert not is_dead(mine | {"host": "elsewhere", "pid": 1})


def test_a_program_may_be_called_anything(tmp_path: Path) -> None:
    program = tmp_path / "a) Z 7 (b"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "600"]) as process:
        try:
            assert not is_dead(signed_by(process.pid, this_process()))
        finally:
            process.kill()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts no ticks")
def test_nobody_dies_of_a_step_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which moves the boot, as /proc/stat has it, and with it the start of every process."""
    signed, create_time = this_process(), psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: create_time(self) + 30)
    assert not is_dead(signed)
    assert this_process() == signed
