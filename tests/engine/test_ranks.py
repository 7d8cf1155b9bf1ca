"""Cells that two processes train together, disturbed: what ends, what goes on, what it comes to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file

import ablate
from ablate.errors import UsageError
from ablate.training import Execution
from tests.conftest import PATIENCE
from tests.engine.test_kill import children

STUDY = {
    "name": "two",
    "data": {"dataset": "digits", "augment": True, "limit": 1000, "hold_out": 200},
    "recipe": {"epochs": 6, "lr": 0.05, "batch_size": 64, "accumulate": 2},
    "baseline": "bc",
    "variants": {
        "bc": {"family": "densenet", "depth": 10, "growth_rate": 8, "bottleneck_width": 2}
    },
}
TWO = Execution(devices_per_cell=2)


def ranks_of(pid: int) -> list[psutil.Process]:
    """The processes below one that are below no other worker: in the order of their start."""
    spawned = [c for c in children(pid) if "spawn_main" in " ".join(c.cmdline())]
    return sorted(spawned, key=lambda process: (process.create_time(), process.pid))


def wait_for(ready: Any, what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of one process."""
    runs = tmp_path_factory.mktemp("alone")
    ablate.run(ablate.load_study(STUDY), runs=runs, jobs=0, devices=["cpu"])
    return runs / "two"


def check_equal(folder: Path, alone: Path) -> None:
    """One cell, done once, by two processes; weights and numbers up to rounding."""
    found, expected = ablate.results(folder), ablate.results(alone)
    assert found["state"].tolist() == ["done"]
    assert found["devices_per_cell"].tolist() == [2] and "devices_per_cell" not in expected
    assert found["key"].tolist() == expected["key"].tolist()
    assert found["error"][0] == pytest.approx(expected["error"][0], abs=1.0)
    key = found["key"][0]
    one, two = (load_file(at / "cells" / key / "model.safetensors") for at in (alone, folder))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, rtol=1e-2, atol=1e-3, msg=name)
    result = json.loads((folder / "cells" / key / "result.json").read_text(encoding="utf-8"))
    assert result["execution"]["devices_per_cell"] == 2
    assert not list(folder.rglob("checkpoint*.pt"))


def test_parts_that_cannot_be_dealt_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    study = ablate.load_study(STUDY, sets=["recipe.accumulate=3"])
    with pytest.raises(UsageError, match="--devices-per-cell 2: must divide the parts of a batch"):
        ablate.run(study, runs=tmp_path, jobs=0, devices=["cpu"], execution=TWO)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_killed_process_costs_its_cells_epoch_in_flight(tmp_path: Path, alone: Path) -> None:
    """The second of two, in the middle of the third epoch: taken up again, from the second."""
    events: list[dict[str, Any]] = []
    killed: list[int] = []

    def kill(event: dict[str, Any]) -> None:
        events.append(event)
        if not killed and event["kind"] == "progress" and event["progress"].epoch > 2:
            ranks = ranks_of(os.getpid())
            assert len(ranks) == 2
            ranks[1].kill()
            killed.append(ranks[1].pid)

    summary = ablate.run(
        ablate.load_study(STUDY),
        runs=tmp_path,
        jobs=0,
        devices=["cpu"],
        execution=TWO,
        on_event=kill,
    )
    assert summary.exit_code == 0
    told = [event["reason"] for event in events if event["kind"] == "died"]
    assert told == ["process 2 of 2 of the cell died (signal 9)"]
    assert [event["kind"] for event in events].count("start") == 2
    check_equal(tmp_path / "two", alone)
    log = next(tmp_path.rglob("log.txt")).read_text(encoding="utf-8")
    again = log.rpartition("begins")[2]
    assert log.count("Epoch(epoch=1,") == 2 and again.count("Epoch(epoch=1,") == 1  # as it was
    assert not ranks_of(os.getpid())


@pytest.mark.slow
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_no_process_outlives_its_run(how: str, tmp_path: Path, alone: Path) -> None:
    """The parent killed while a process of the cell hangs; or asked to stop."""
    study = tmp_path / "two.yaml"
    study.write_text(json.dumps(STUDY), encoding="utf-8")
    options = ["--jobs", "1", "--devices", "cpu", "--devices-per-cell", "2", "--runs", "runs"]
    command = [sys.executable, "-m", "ablate", "run", str(study), *options]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    process = start()
    folder = tmp_path / "runs" / "two"
    wait_for(lambda: list(folder.glob("cells/*/checkpoint.pt")), "no cell was begun")
    every = ranks_of(process.pid)
    assert len(every) == 3  # a worker and two
    if how == "killed":
        every[2].suspend()
    process.send_signal(signal.SIGUSR1 if how == "stopped" else signal.SIGKILL)
    output, _ = process.communicate(timeout=PATIENCE)
    psutil.wait_procs(every, timeout=PATIENCE)
    assert not [each for each in every if each.is_running()]
    if how == "stopped":
        assert process.returncode == 75, output
    again = start()
    output, _ = again.communicate(timeout=PATIENCE)
    assert again.returncode == 0, output
    check_equal(folder, alone)
