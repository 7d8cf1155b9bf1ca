"""Faults of what a run stands on: disk, folder, images, clock, server; and a second run beside."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from benchmarks.faults.fault import Fault, Struck
from benchmarks.faults.scene import Call, Scene

SECONDS_FULL = 6.0
SECONDS_AWAY = 3.0
JUMP = 3600  # seconds: longer than any sign of life counts


def _no_disk(scene: Scene) -> str:
    return scene.disk.why_not


def _full_before(scene: Scene, call: Call | None) -> Struck | None:
    scene.disk.fill()
    return Struck("no space left on .*: free some", codes=(5,), mend=scene.disk.free)


def _full_meanwhile(scene: Scene, call: Call | None) -> Struck | None:
    scene.disk.fill()
    time.sleep(SECONDS_FULL)
    scene.disk.free()
    return Struck()


def _read_only(scene: Scene, call: Call | None) -> Struck | None:
    scene.disk.protect()
    return Struck("[Rr]ead-only file system", codes=(5,), mend=scene.disk.open)


def _images_gone(scene: Scene, call: Call | None) -> Struck | None:
    """Gone in mid-run; a worker that is started then does not find them.

    Where the last cells have theirs and end, none is started, and nobody has anything to say.
    """
    if not call or not (workers := call.workers()):
        return None
    away = scene.data.with_name("away")
    scene.data.rename(away)
    for worker in workers:
        worker.kill()
    says = "tiny.npz" if call.end() else ""
    return Struck(says, codes=(5,), mend=lambda: _put_back(away, scene.data))


def _put_back(away: Path, path: Path) -> None:
    if away.exists():
        away.rename(path)


def _second_run(scene: Scene, call: Call | None) -> Struck | None:
    """Another call of the same command works along, until it is told to end."""
    second = scene.run(jobs=1)
    second.until_cells(1)
    if second.code is None:
        second.process.send_signal(signal.SIGTERM)
    return Struck() if second.end() in (0, 75) else Struck("a second run that ends well")


def _no_clock(scene: Scene) -> str:
    return "" if sys.platform == "linux" and shutil.which("cc") else "needs Linux and a C compiler"


def _with_clock(scene: Scene) -> dict[str, str]:
    """A wall clock that a file sets."""
    library, told = scene.home / "clock.so", scene.home / "clock"
    source = Path(__file__).with_name("clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    told.write_text("0", encoding="ascii")
    return {"LD_PRELOAD": str(library), "SHIFTED_CLOCK": str(told)}


def _jump(seconds: int, scene: Scene, call: Call | None) -> Struck | None:
    (scene.home / "clock").write_text(str(seconds), encoding="ascii")
    return Struck()


def _no_server(scene: Scene) -> str:
    return "" if scene.server else "its record is in a file"


def _server_away(scene: Scene, call: Call | None) -> Struck | None:
    assert scene.server
    scene.server.stop()
    time.sleep(SECONDS_AWAY)
    scene.server.start()
    return Struck()


PLACES = (
    Fault("disk full at the start", "between runs", _full_before, _no_disk),
    Fault("folder read-only", "between runs", _read_only, _no_disk),
    Fault(f"disk full for {SECONDS_FULL:.0f} s", "in a run", _full_meanwhile, _no_disk),
    Fault("two runs at once", "in a run", _second_run),
    Fault("clock an hour forward", "in a run", partial(_jump, JUMP), _no_clock, _with_clock),
    Fault("clock an hour back", "in a run", partial(_jump, -JUMP), _no_clock, _with_clock),
    Fault("server stopped at once, restarted", "in a run", _server_away, _no_server),
    Fault("images gone", "at its end", _images_gone),
)
