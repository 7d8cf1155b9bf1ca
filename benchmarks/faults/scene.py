"""A study that is disturbed, where it lies, and the processes that work on it."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ablate.records import RunFolder
from benchmarks.faults.disks import Disk
from benchmarks.faults.studies import write_images, write_study
from tests.storage.postgres import PASSWORD, Postgres

PATIENCE = 900.0  # seconds: what takes longer has hung, however busy the machine is
SECONDS_TO_LEAVE = 60.0  # workers leave within seconds of their parent, where there are cores
ENDED = re.compile(r"^\[\d+/\d+\] ", re.MULTILINE)  # a line of `ablate run` on a cell that ended
WORKER = "spawn_main"  # in the command line of what trains


class Wrong(Exception):
    """Something did not end, or not as it may."""


@dataclass
class Call:
    """A command of ablate's as a process group of its own, and the file that it prints into."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    @property
    def code(self) -> int | None:
        """How it ended; None while it goes on."""
        return self.process.poll()

    def workers(self) -> list[psutil.Process]:
        """The processes that train for it."""
        try:
            return [each for each in psutil.Process(self.process.pid).children() if _trains(each)]
        except psutil.NoSuchProcess:
            return []

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Wait for what is to come; False where the process ended before. Raises Wrong."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if self.code is not None:
                return is_so()
            if time.monotonic() > deadline:
                raise Wrong(f"it went on for {PATIENCE:.0f} s and nothing more came of it")
            time.sleep(0.05)
        return True

    def until_cells(self, count: int) -> bool:
        """Wait for the ends of so many cells; False where it ended before."""
        return self.until(lambda: len(ENDED.findall(self.said)) >= count)

    def end(self) -> int:
        """Wait for its end, and that of all its processes -> its exit code. Raises Wrong."""
        self.until(lambda: False)
        assert self.code is not None
        deadline = time.monotonic() + SECONDS_TO_LEAVE
        while left := [each for each in psutil.process_iter() if self.has(each)]:
            if time.monotonic() > deadline:
                raise Wrong(f"{len(left)} processes were there {SECONDS_TO_LEAVE:.0f} s after it")
            time.sleep(0.05)
        return self.code

    def has(self, process: psutil.Process) -> bool:
        """Whether a process is of its group, and alive."""
        try:
            is_its = os.getpgid(process.pid) == self.process.pid
            return is_its and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.Error, ProcessLookupError):
            return False

    def signal(self, number: int) -> None:
        """To all of it."""
        if self.code is None:
            os.killpg(self.process.pid, number)


def _trains(process: psutil.Process) -> bool:
    try:
        return WORKER in " ".join(process.cmdline())
    except psutil.Error:
        return False


@dataclass
class Scene:
    """A study, its images and a disk for its runs, in a folder of their own."""

    home: Path
    kind: str  # of the study
    draws: random.Random  # what is left to chance
    disk: Disk
    server: Postgres | None = None  # where its record is; None: in a file
    environment: dict[str, str] = field(default_factory=dict)  # of the next call
    calls: list[Call] = field(default_factory=list)  # so far
    lost: dict[str, int] = field(default_factory=dict)  # key -> times that a done cell's files went
    rebuilt: bool = False

    @classmethod
    def set(cls, home: Path, kind: str, cells: int, draws: random.Random) -> Scene:
        """A scene with nothing done yet; to be closed."""
        home.mkdir(parents=True)
        write_study(kind, cells, home / "study.yaml")
        write_images(home / "data")
        return cls(home, kind, draws, Disk(home / "disk"))

    @property
    def runs(self) -> Path:
        """Where the run folder is: a fault may move it."""
        (found,) = self.disk.path.glob("runs*")
        return found

    @property
    def folder(self) -> RunFolder:
        return RunFolder(self.runs / self.kind)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def run(self, jobs: int = 2) -> Call:
        """`ablate run` of the study."""
        where = ("--runs", str(self.runs), "--data", str(self.data), "--jobs", str(jobs))
        storage = ("--storage", self.server.url) if self.server else ()
        return self.call("run", str(self.home / "study.yaml"), *where, *storage)

    def rebuild(self) -> Call:
        """`ablate db rebuild` of its run folder."""
        self.rebuilt = True
        return self.call("db", "rebuild", str(self.folder.path), "--data", str(self.data))

    def call(self, *arguments: str) -> Call:
        """Start the command."""
        output = self.home / f"output{len(self.calls)}.txt"
        with output.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "ablate", *arguments],
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment(),
            )
        self.calls.append(Call(process, output))
        return self.calls[-1]

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "OMP_NUM_THREADS": "1", "NO_COLOR": "1", **self.environment}

    def move_to_server(self) -> None:
        """Have the record of its runs on a server, which is started for it."""
        self.server = Postgres(self.home / "server")
        self.server.start()
        os.environ["PGPASSWORD"] = PASSWORD  # of ours, and of what is called

    def done(self) -> list[Path]:
        """The folders of finished cells."""
        return [path.parent for path in sorted(self.folder.path.glob("cells/*/result.json"))]

    def close(self) -> None:
        """End every process that is left, and give the disk back."""
        for call in self.calls:
            workers = call.workers()
            call.signal(signal.SIGKILL)
            psutil.wait_procs(workers, timeout=PATIENCE)
            call.process.wait()
        if self.server:
            self.server.stop()
        self.disk.close()
