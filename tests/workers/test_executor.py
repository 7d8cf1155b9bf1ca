"""The parent of the workers, without workers."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ablate.errors import MachineError
from ablate.machine import UNGUARDED
from ablate.training import Progress
from ablate.workers import executor, starting
from tests.conftest import TINY_STUDY


def slot(**more: Any) -> tuple[Any, Any]:
    """A slot, and the end of its pipe that a worker would have."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = SimpleNamespace(exitcode=1)
    assignment = SimpleNamespace(slot=0)
    return executor._Slot(assignment, process, receiver, **more), sender  # type: ignore[arg-type]


def event(kind: str) -> dict[str, Any]:
    progress = Progress(0.5, 2, None, 1.0, 1.0)
    return {"kind": kind, "slot": 0, "key": "a", "label": "net a", "progress": progress}


def test_what_a_worker_said_last_is_heard() -> None:
    ours, worker = slot()
    for kind in ("start", "progress", "end"):
        worker.send(event(kind))
    worker.close()
    heard: list[dict[str, Any]] = []
    executor._drain(ours, heard.append)
    assert [found["kind"] for found in heard] == ["start", "progress", "end"]
    assert (ours.key, ours.label) == (None, "")  # dead now, it would have lost no cell


def test_a_worker_in_a_cell_has_its_name() -> None:
    ours, worker = slot()
    worker.send(event("start"))
    executor._drain(ours, lambda found: None)
    assert (ours.key, ours.label) == ("a", "net a")


def test_what_the_listener_raises_is_not_taken_for_a_dead_worker() -> None:
    def full(found: dict[str, Any]) -> None:
        raise OSError("No space left on device")

    ours, worker = slot()
    worker.send(event("start"))
    with pytest.raises(OSError, match="No space left"):
        executor._drain(ours, full)


def test_workers_that_die_before_they_take_a_cell_end_the_run() -> None:
    ours, _ = slot(deaths_at_start=executor.MAX_DEATHS_AT_START - 1)
    heard: list[dict[str, Any]] = []
    with pytest.raises(MachineError, match=r"die before they take a cell \(exit code 1\)"):
        executor._bury(ours, [ours], heard.append)
    assert [(found["kind"], found["label"]) for found in heard] == [("died", "")]


def test_a_script_without_a_main_guard_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    script = tmp_path / "bare.py"
    script.write_text('import ablate\nablate.run("tiny.yaml", jobs=1)\n', encoding="utf-8")
    found = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1] == f"ablate.errors.UsageError: {UNGUARDED}"
    assert found.stderr.count("Traceback") == 1 and "freeze_support" not in found.stderr


def test_a_worker_that_has_become_unfit_is_replaced_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has told how its cell ended, and so it may be followed by as many as there are cells."""
    ours, _ = slot(deaths_at_start=executor.MAX_DEATHS_AT_START - 1)
    ours.process.exitcode = executor.EXIT_UNFIT  # type: ignore[misc]
    fresh, _ = slot()
    monkeypatch.setattr(executor, "_start", lambda assignment: fresh)
    slots, heard = [ours], list[dict[str, Any]]()
    executor._bury(ours, slots, heard.append)
    assert (slots, heard, fresh.deaths_at_start) == ([fresh], [], 0)


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_what_starts_is_not_interrupted() -> None:
    code = "import signal; print({2, 10} <= signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    command = [sys.executable, "-c", code]
    with starting.no_interrupts():
        inside = subprocess.run(command, capture_output=True, text=True, check=True)
    after = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (inside.stdout, after.stdout) == ("True\n", "False\n")
