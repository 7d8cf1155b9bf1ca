"""Commands one after the other, each with a limit and all with one; none stops the others."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).parents[2]  # of the clone
LEAST_SECONDS = 8.0  # with less no command is begun: it would load torch and be ended
GRACE_SECONDS = 6.0  # between the request to end and the end of the whole process group
TAIL_LINES, LINE_LENGTH = 40, 200
PR_SET_CHILD_SUBREAPER = 36  # of linux/prctl.h


@dataclass(frozen=True)
class Stage:
    """A command, and how long it may take at most."""

    name: str
    seconds: float
    command: tuple[str, ...]


class Stages:
    """Runs stages until `seconds` are over; how each ended, and its last words, go into one log."""

    adopts: ClassVar[bool] = False  # once `adopt_orphans` was called

    def __init__(
        self, log: Path, work: Path, seconds: float, environment: Mapping[str, str] | None = None
    ) -> None:
        self.log, self.work = log, work
        self.end = time.monotonic() + seconds
        self.environment = {**os.environ, **(environment or {})}
        for folder in (log.parent, work):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def left(self) -> float:
        """Seconds."""
        return self.end - time.monotonic()

    def run(self, stage: Stage, *, spare: float = 0.0) -> int | None:
        """The exit code of a stage that ends `spare` seconds before the end, by SIGTERM if need be.

        Negative: the signal that ended it. None: there was no time to begin it.
        """
        limit = min(stage.seconds, self.left - spare)
        if limit < LEAST_SECONDS:
            self.note(f"== {stage.name}: skipped, {max(0.0, limit):.0f} s were left")
            return None
        start, output = time.monotonic(), self.work / f"{stage.name}.txt"
        with output.open("wb") as stream:
            try:
                process = subprocess.Popen(
                    stage.command,
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                    process_group=0,
                )
            except OSError as error:
                self.note(f"== {stage.name}: could not be started: {error}")
                return 127
            try:
                is_late = _ended(process, limit - GRACE_SECONDS)
            finally:
                if self.adopts:
                    _end_orphans()
        took = time.monotonic() - start
        why = f", ended after its limit of {limit:.0f} s" if is_late else ""
        self.note(f"== {stage.name}: rc {process.returncode}, {took:.1f} s{why}\n{_tail(output)}")
        return process.returncode

    def note(self, text: str) -> None:
        """Into the log, and out."""
        print(text, flush=True)
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(text.rstrip() + "\n")


def adopt_orphans() -> None:
    """On Linux what a stage leaves behind becomes a child of this process, which ends it then.

    Compilers and pools start sessions of their own, out of reach of a process group. To be called
    by a process that starts nothing but stages: each ends all children that there are.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        Stages.adopts = True


def _end_orphans() -> None:
    """Children of orphans become ours once these are gone."""
    while pids := _children():
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    """Of this process."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # gone meanwhile
            parent = (
                path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
            )
            if int(parent) == os.getpid():
                found.append(int(path.parent.name))
    return found


def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for the end of a process and all its children; whether they had to be ended."""
    is_late = False
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        is_late = True
        process.terminate()  # it alone: it knows best how its children end
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return is_late


def _tail(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"   {line[:LINE_LENGTH]}" for line in lines[-TAIL_LINES:])
