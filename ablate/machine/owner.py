"""How a process signs what it works on, and whether it still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

_BOOT = Path("/proc/sys/kernel/random/boot_id")  # Linux alone has these
_GONE = ("Z", "X")  # states of a process that is dead and has not been waited for
# Without /proc, two readings of one process's start differ by less than this.
_SECONDS = 1.0


def this_process() -> dict[str, Any]:
    """Host, its boot, pid, and clock ticks from that boot to the process's start.

    A pid alone may be given to another process later. Ticks are counted from the boot: where
    somebody sets the clock, the wall-clock time of every process's start changes with it. Other
    systems have no more than that, `start`.
    """
    signed: dict[str, Any] = {"host": socket.gethostname(), "pid": os.getpid()}
    if boot := _boot():
        _, ticks = _state_and_ticks(os.getpid())
        return signed | {"boot": boot, "ticks": ticks}
    return signed | {"start": psutil.Process().create_time()}


def is_dead(owner: Mapping[str, Any]) -> bool:
    """True only of a process of this host that is gone; of another host nothing is known here.

    `owner` is as `this_process` signs now or, with a `start`, as earlier versions did.
    """
    if owner["host"] != socket.gethostname():
        return False
    if "ticks" not in owner:
        return _is_dead_by_wall_clock(owner)
    try:
        state, ticks = _state_and_ticks(owner["pid"])
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in _GONE or (owner["boot"], owner["ticks"]) != (_boot(), ticks)


def is_at_work(owner: Mapping[str, Any]) -> bool:
    """True only of a process of this host that lives and was not stopped by a signal."""
    is_here = owner["host"] == socket.gethostname()
    return is_here and not is_dead(owner) and not is_stopped(owner["pid"])


def is_stopped(pid: int) -> bool:
    """Whether a process was sent SIGSTOP or SIGTSTP; one under a debugger was not."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _is_dead_by_wall_clock(owner: Mapping[str, Any]) -> bool:
    try:
        process = psutil.Process(owner["pid"])
        gone = process.status() == psutil.STATUS_ZOMBIE
        return gone or abs(process.create_time() - owner["start"]) > _SECONDS
    except psutil.NoSuchProcess:
        return True


def _boot() -> str:
    """What this boot of the machine is called; empty where no system tells."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def _state_and_ticks(pid: int) -> tuple[str, int]:
    """A process's state, and its start in clock ticks since the boot: proc(5), fields 3 and 22."""
    # The name of the program, in parentheses before those, may have blanks and parentheses too.
    fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return fields[0], int(fields[19])
