"""Whether the process that signed its work still lives."""

from __future__ import annotations

import subprocess
import sys

from ablate.machine import is_dead, this_process


def test_this_process_lives() -> None:
    assert not is_dead(this_process())


def test_a_process_that_ended_is_dead() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert is_dead(this_process() | {"pid": done.pid})


def test_a_killed_process_is_dead_before_its_parent_has_looked() -> None:
    zombie = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    owner = this_process() | {"pid": zombie.pid, "start": _start(zombie.pid)}
    assert not is_dead(owner)
    zombie.kill()
    # Not waited for: it stays in the process table until the end of this test.
    while not is_dead(owner):
        pass
    zombie.wait()


def test_a_pid_that_was_given_to_another_process_is_dead() -> None:
    assert is_dead(this_process() | {"start": 1.0})


def test_of_another_host_nothing_is_known() -> None:
    assert not is_dead({"host": "elsewhere", "pid": 1, "start": 1.0})


def _start(pid: int) -> float:
    import psutil

    return float(psutil.Process(pid).create_time())
