"""kill -9 in the middle, at random moments: nothing is lost, done twice, or different."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pandas as pd
import psutil
import pytest
from optuna.trial import TrialState

import ablate
from tests.conftest import PATIENCE

STUDY = """\
name: killed
data: {dataset: digits, augment: true, limit: 400, hold_out: 200}
recipe: {epochs: 25, schedule: one_cycle, lr: 0.05, batch_size: 32}
baseline: plain
variants:
  plain: {family: densenet, depth: 7, growth_rate: 4, dropout: 0.1}
  bc: {family: densenet, depth: 10, growth_rate: 4, bottleneck_width: 2, compression: 0.5}
seeds: [0, 1, 2]
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "killed.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def start(study: Path, runs: Path, *options: str) -> subprocess.Popen[str]:
    """`ablate run` as a process group of its own."""
    command = [sys.executable, "-m", "ablate", "run", str(study), "--runs", str(runs), *options]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for_a_checkpoint(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not list(folder.glob("cells/*/checkpoint.pt")):
        assert time.monotonic() < deadline, "no cell was begun"
        time.sleep(0.05)


def children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def check_equal_to_undisturbed(study: Path, folder: Path, undisturbed: Path) -> None:
    process = start(study, undisturbed, "--jobs", "2")
    output, _ = process.communicate()
    assert process.returncode == 0, output
    dropped = ["train_seconds", "shared_by", "attempts"]
    found = ablate.results(folder).drop(columns=dropped)
    expected = ablate.results(undisturbed / "killed").drop(columns=dropped)
    pd.testing.assert_frame_equal(found, expected)
    for key in found["key"]:
        weights = Path("cells") / key / "model.safetensors"
        assert (folder / weights).read_bytes() == (undisturbed / "killed" / weights).read_bytes()


def check_done_once(folder: Path) -> None:
    trials = optuna.load_study(
        study_name="killed", storage=f"sqlite:///{folder / 'study.db'}"
    ).get_trials(deepcopy=False)
    done = [t.user_attrs["key"] for t in trials if t.state == TrialState.COMPLETE]
    assert sorted(done) == sorted(ablate.results(folder)["key"])
    assert not [t for t in trials if t.state in (TrialState.RUNNING, TrialState.WAITING)]
    assert not list(folder.rglob("*.tmp")) + list(folder.rglob("checkpoint*.pt"))


@pytest.mark.slow
def test_kill_the_whole_run_ten_times(study: Path, tmp_path: Path) -> None:
    moments = random.Random(20261123)
    runs = tmp_path / "runs"
    for attempt in range(10):
        process = start(study, runs, "--jobs", "2")
        time.sleep(moments.uniform(4, 12))
        if attempt % 2:  # the parent alone: its workers have to notice
            os.kill(process.pid, signal.SIGKILL)
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    last = start(study, runs, "--jobs", "2")
    output, _ = last.communicate()
    assert last.returncode == 0, output
    assert "complete: 6 of 6 cells are done" in output
    check_done_once(runs / "killed")
    check_equal_to_undisturbed(study, runs / "killed", tmp_path / "undisturbed")


def test_a_killed_worker_costs_its_own_cell_only(study: Path, tmp_path: Path) -> None:
    short = STUDY.replace("epochs: 25", "epochs: 10").replace("[0, 1, 2]", "[0, 1]")
    study.write_text(short, encoding="utf-8")
    process = start(study, tmp_path / "runs", "--jobs", "2")
    wait_for_a_checkpoint(tmp_path / "runs" / "killed")
    workers = [c for c in children(process.pid) if "spawn_main" in " ".join(c.cmdline())]
    workers[0].kill()
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert "the worker died (signal 9); it is taken up again" in output
    check_done_once(tmp_path / "runs" / "killed")


@pytest.mark.parametrize(
    ("number", "jobs"), [(signal.SIGINT, "2"), (signal.SIGTERM, "1"), (signal.SIGUSR1, "2")]
)
def test_a_signal_stops_resumably(
    study: Path, tmp_path: Path, number: signal.Signals, jobs: str
) -> None:
    process = start(study, tmp_path / "runs", "--jobs", jobs)
    wait_for_a_checkpoint(tmp_path / "runs" / "killed")
    workers = children(process.pid)
    if number == signal.SIGTERM:
        process.send_signal(number)
    else:  # Ctrl-C on a terminal, and some schedulers' signal, reach every process of the group
        os.killpg(process.pid, number)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 75, output
    assert f"stopped by {number.name}; the same command goes on from there" in output
    assert "Traceback" not in output
    # Workers are gone by now; multiprocessing's helper process leaves a moment after its parent.
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    assert not alive
    states = ablate.results(tmp_path / "runs" / "killed")["state"]
    assert set(states) <= {"waiting", "done"}


def is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:  # a helper that has just ended
        return False


def test_an_interrupt_while_workers_still_start_is_quiet(study: Path, tmp_path: Path) -> None:
    process = start(study, tmp_path / "runs", "--jobs", "2")
    while sum(map(is_worker, children(process.pid))) < 2:
        time.sleep(0.01)
    time.sleep(0.05)  # in the middle of their imports
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 75, output
    assert "Traceback" not in output


def test_workers_leave_with_their_parent(study: Path, tmp_path: Path) -> None:
    process = start(study, tmp_path / "runs", "--jobs", "1")
    wait_for_a_checkpoint(tmp_path / "runs" / "killed")
    workers = children(process.pid)
    assert workers
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=PATIENCE)
    assert not alive
