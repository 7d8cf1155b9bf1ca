"""Faults of processes: killed, stopped, told to end."""

from __future__ import annotations

import os
import signal
import time
from functools import partial

import psutil

from benchmarks.faults.fault import Fault, Struck
from benchmarks.faults.scene import PATIENCE, Call, Scene

SECONDS_STOPPED = 3.0
DONE = "export a network: "  # of the last lines of a run that is complete


def _kill_worker(scene: Scene, call: Call | None) -> Struck | None:
    if not call or not (workers := call.workers()):
        return None
    scene.draws.choice(workers).kill()
    # One that waits for others dies with no cell.
    return Struck(r"the worker died \(signal 9\); it is taken up again")


def _stop_worker(scene: Scene, call: Call | None) -> Struck | None:
    if not call or not (workers := call.workers()):
        return None
    _pause(scene.draws.choice(workers))
    return Struck()


def _stop_parent(scene: Scene, call: Call | None) -> Struck | None:
    if not call or call.code is not None:
        return None
    _pause(psutil.Process(call.process.pid))
    return Struck()


def _pause(process: psutil.Process) -> None:
    try:
        process.suspend()
        time.sleep(SECONDS_STOPPED)
        process.resume()
    except psutil.NoSuchProcess:
        pass


def _kill_parent(scene: Scene, call: Call | None) -> Struck | None:
    if not call or call.code is not None:
        return None
    workers = call.workers()
    os.kill(call.process.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    return Struck(codes=(-signal.SIGKILL,)) if not alive else Struck("workers that left")


def _kill_group(scene: Scene, call: Call | None) -> Struck | None:
    if not call or call.code is not None:
        return None
    call.signal(signal.SIGKILL)
    return Struck(codes=(-signal.SIGKILL,))


def _tell(
    number: signal.Signals, times: int, to_all: bool, scene: Scene, call: Call | None
) -> Struck | None:
    """Told to end; one that has come to its end by then need not say that it was."""
    if not call or call.code is not None:
        return None
    for _ in range(times):
        if to_all:
            call.signal(number)
        elif call.code is None:
            call.process.send_signal(number)
        time.sleep(0.3)
    has_ended = call.end() == 0 or DONE in call.said
    stopped = f"stopped by {number.name}; the same command goes on from there"
    return Struck("" if has_ended else stopped, codes=(0, 75))


def _end(number: signal.Signals, times: int = 1, *, to_all: bool) -> Fault:
    """A signal to end: Ctrl-C reaches the whole group, `kill` one process."""
    name = f"{number.name}{' twice' if times > 1 else ''}, to {'all' if to_all else 'the parent'}"
    return Fault(name, "at its end", partial(_tell, number, times, to_all))


SIGNALS = (
    Fault("SIGKILL of a worker", "in a run", _kill_worker),
    Fault(f"SIGSTOP of a worker, {SECONDS_STOPPED:.0f} s", "in a run", _stop_worker),
    Fault(f"SIGSTOP of the parent, {SECONDS_STOPPED:.0f} s", "in a run", _stop_parent),
    Fault("SIGKILL of the parent", "at its end", _kill_parent),
    Fault("SIGKILL of the group", "at its end", _kill_group),
    _end(signal.SIGTERM, to_all=False),
    _end(signal.SIGUSR1, to_all=True),
    _end(signal.SIGINT, to_all=True),
    _end(signal.SIGINT, 2, to_all=True),
)
