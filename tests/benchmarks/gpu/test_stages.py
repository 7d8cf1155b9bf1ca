"""Commands one after the other: each has a limit, and none stops the others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.gpu import stages
from benchmarks.gpu.stages import Stage, Stages
from tests.conftest import PATIENCE

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
OBEDIENT = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
print("in work", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "LEAST_SECONDS", 2.0)
    monkeypatch.setattr(stages, "GRACE_SECONDS", 1.0)


@pytest.fixture
def made(tmp_path: Path) -> Stages:
    return Stages(tmp_path / "out" / "log.txt", tmp_path / "work", 60, {"NAME": "value"})


def code(text: str, name: str = "stage", seconds: float = 30) -> Stage:
    return Stage(name, seconds, (sys.executable, "-c", text))


def test_the_log_has_how_each_ended_and_its_last_words(made: Stages) -> None:
    lines = "import os; print('\\n'.join(map(str, range(99)))); print(os.environ['NAME'] * 100)"
    assert made.run(code(f"{lines}; raise SystemExit(3)", "bad")) == 3
    assert made.run(Stage("absent", 30, ("no-such-program",))) == 127
    assert made.run(code("print('well')", "good")) == 0
    log = made.log.read_text(encoding="utf-8").splitlines()
    assert log[0].startswith("== bad: rc 3, ") and log[0].endswith(" s")
    assert log[1] == "   60" and log[stages.TAIL_LINES] == "   " + "value" * 40
    assert log[-3].startswith("== absent: could not be started: ")
    assert log[-2].startswith("== good: rc 0, ") and log[-1] == "   well"
    assert [path.name for path in made.log.parent.iterdir()] == ["log.txt"]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_does_not_end_is_ended_with_its_children(made: Stages) -> None:
    assert made.run(code(STUBBORN, seconds=8)) == -9
    child = int((made.work / "stage.txt").read_text(encoding="utf-8"))
    until = time.monotonic() + PATIENCE
    while is_alive(child) and time.monotonic() < until:
        time.sleep(0.05)  # init takes a while to bury it
    assert not is_alive(child)
    assert "ended after its limit of 8 s" in made.log.read_text(encoding="utf-8")


LEAVES = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"],
                         start_new_session=True)
print(child.pid, flush=True)
"""
DRIVES = """
import sys
from pathlib import Path
from benchmarks.gpu.stages import Stage, Stages, adopt_orphans
adopt_orphans()
made = Stages(Path(sys.argv[1]) / "log.txt", Path(sys.argv[1]), 60)
assert made.run(Stage("leaves", 30, (sys.executable, "-c", sys.argv[2]))) == 0
"""


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux alone")
def test_what_a_stage_leaves_in_a_session_of_its_own_is_ended(tmp_path: Path) -> None:
    command = [sys.executable, "-c", DRIVES, str(tmp_path), LEAVES]
    subprocess.run(command, cwd=stages.ROOT, check=True)
    assert not is_alive(int((tmp_path / "leaves.txt").read_text(encoding="utf-8")))


def test_it_is_asked_to_end_first(made: Stages) -> None:
    assert made.run(code(OBEDIENT, seconds=8)) == 75


def test_all_have_one_limit(tmp_path: Path) -> None:
    made = Stages(tmp_path / "log.txt", tmp_path, 9)
    assert made.run(code("print(1)", "spared"), spare=8) is None
    assert made.run(code(OBEDIENT, "long", 99)) == 75
    assert made.run(code("print(2)", "late")) is None
    log = made.log.read_text(encoding="utf-8")
    assert "== spared: skipped, 1 s were left" in log and "== late: skipped" in log
