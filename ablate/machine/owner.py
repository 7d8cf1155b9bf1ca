"""How a process signs what it works on, and whether it still lives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

import psutil

# Two readings of one process's start differ by less than this.
_SECONDS = 1.0


def this_process() -> dict[str, Any]:
    """Host, pid and start time: a pid alone may be given to another process later."""
    pid = os.getpid()
    return {"host": socket.gethostname(), "pid": pid, "start": psutil.Process(pid).create_time()}


def is_dead(owner: Mapping[str, Any]) -> bool:
    """True only of a process of this host that is gone; of another host nothing is known here."""
    if owner["host"] != socket.gethostname():
        return False
    try:
        process = psutil.Process(owner["pid"])
        gone = process.status() == psutil.STATUS_ZOMBIE
        return gone or abs(process.create_time() - owner["start"]) > _SECONDS
    except psutil.NoSuchProcess:
        return True
