"""Workers under a real Slurm of one node: out of time, queued again, cancelled; nothing is lost."""

from __future__ import annotations

import csv
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.cli import main
from ablate.records import Record, open_folder
from tests.conftest import PATIENCE
from tests.launching.one_node import Slurm, missing, slurm_in

STUDY = """\
name: tiny
data: {dataset: digits, augment: true, limit: 1000, hold_out: 300}
recipe: {epochs: EPOCHS, schedule: one_cycle, lr: 0.05, batch_size: 32}
baseline: plain
variants:
  plain: {family: densenet, growth_rate: 8, dropout: 0.1, sweep: {depth: [7, 10]}}
  bc: {family: densenet, growth_rate: 8, bottleneck_width: 2, sweep: {depth: [10, 16]}}
seeds: [0, 1, 2]
"""
WALLTIME = 180  # seconds; Slurm warns a minute before, or up to half a minute sooner
WORKERS, CELLS = 4, 12
# The two that run on are warned at the latest when each has had a core for so long, and the others
# compute for a while; with half of it on top all stay busy until then, however fast the machine.
CORE_SECONDS = 3 * (WALLTIME - 60)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=f"no Slurm: {missing()}"),
]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    with slurm_in(tmp_path_factory.mktemp("slurm")) as running:
        yield running


def run(study: Path, epochs: int, runs: str, *options: str) -> None:
    """A run of the study, its cells so long, without Slurm."""
    write(study, epochs)
    command = [sys.executable, "-m", "ablate", "run", study.name, "--runs", runs, *options]
    subprocess.run(
        [*command, "--devices", "cpu"],
        cwd=study.parent,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        timeout=4 * PATIENCE,
    )


def write(study: Path, epochs: int) -> None:
    study.write_text(STUDY.replace("EPOCHS", str(epochs)), encoding="utf-8")


def core_seconds(study: Path, epochs: int) -> float:
    """What a run takes of a core; other processes, which make it slower, do not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(study, epochs, f"of {epochs}", "--jobs", "1")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def epochs_for(seconds: float, study: Path) -> int:
    """How many epochs a cell needs for all of them together to take so long of a core."""
    short, longer = 1, 4
    of_one = (core_seconds(study, longer) - core_seconds(study, short)) / (longer - short)
    return 1 + int(seconds / of_one)


def answers(folder: Path) -> dict[str, dict[str, Any]]:
    """What each cell came to, whenever and wherever it was trained."""
    table = ablate.results(folder)
    assert table["state"].eq("done").all()
    rows = table[["key", "variant", "seed", "epochs", "error", "loss"]].to_dict("records")
    for row in rows:
        cell = folder / "cells" / row["key"]
        row["weights"] = (cell / "model.safetensors").read_bytes()
        epochs = (cell / "curve.csv").read_text(encoding="utf-8").splitlines()
        row["curve"] = [epoch | {"seconds": ""} for epoch in csv.DictReader(epochs)]
    return {row["key"]: row for row in rows}


def wait_for_checkpoints(folder: Path, number: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(list(folder.glob("cells/*/checkpoint.pt"))) < number:
        assert time.monotonic() < deadline, "no cells were begun"
        time.sleep(0.1)


def wait_for_a_restart(slurm: Slurm, element: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while (shown := slurm.shown(element))["Restarts"] == "0":
        assert shown["JobState"] != "COMPLETED", "all was done before Slurm warned anybody"
        assert time.monotonic() < deadline, shown
        time.sleep(0.3)


def test_workers_come_and_go_and_each_cell_is_done_once(slurm: Slurm, tmp_path: Path) -> None:
    home = tmp_path / "a study"
    home.mkdir()
    study, batch = home / "tiny.yaml", home / "workers.sh"
    epochs = epochs_for(CORE_SECONDS, study)
    write(study, epochs)
    asked = ["--time", f"0:0{WALLTIME // 60}:00", "--cpus", "1", "--out", str(batch)]
    options = ["--runs", "on slurm", "--jobs", "1", "--devices", "cpu"]
    with pytest.raises(SystemExit, match="0"):
        main(["launch", "slurm", str(study), *asked, "--", *options])

    array, folder = slurm.submit(batch), home / "on slurm" / "tiny"
    late, also_late, requeued, cancelled = (f"{array}_{n}" for n in range(WORKERS))
    for element in (requeued, cancelled):
        slurm.wait_for(element, "RUNNING")
        slurm("scontrol", "update", f"JobId={element}", "TimeLimit=UNLIMITED")
    wait_for_checkpoints(folder, WORKERS)
    slurm("scancel", cancelled)
    slurm("scontrol", "requeuehold", requeued)  # by the site
    for element in (late, also_late):
        wait_for_a_restart(slurm, element)
    slurm("scontrol", "release", requeued)
    ended = {cancelled: slurm.wait_for(cancelled, "CANCELLED")}
    ended |= {name: slurm.wait_for(name, "COMPLETED") for name in (late, also_late, requeued)}

    logs = {name: (home / f"tiny-{name}.log").read_text("utf-8") for name in ended}
    said = "\n".join(logs.values())
    assert "Traceback" not in said and "DUE TO TIME LIMIT" not in said, said
    assert ended[requeued]["Restarts"] == "1", said
    assert ended.pop(cancelled)["Restarts"] == "0", said  # its worker ended with 75, too
    assert all("by SIGUSR1; the same command goes on" in logs[name] for name in (late, also_late))
    assert all(f"complete: {CELLS} of {CELLS} cells are done" in logs[name] for name in ended), said

    attempts = Record.open(open_folder(folder)).attempts_in_order()
    done = [each.key for each in attempts if each.state == "complete"]
    assert len(done) == len(set(done)) == CELLS
    assert not [each for each in attempts if each.state in ("running", "waiting")]
    assert not [path for path in folder.rglob("*") if re.search(r"\.tmp$|checkpoint", path.name)]
    run(study, epochs, "undisturbed")
    assert answers(folder) == answers(home / "undisturbed" / "tiny")
