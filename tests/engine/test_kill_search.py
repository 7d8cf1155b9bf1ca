"""A search that is killed at random moments comes to the trials of one that never was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ablate
from ablate.records import Record, RunFolder
from tests.engine.test_kill import start

TRIALS = 30  # more than five starts that are killed can finish, however quick the machine
STUDY = """\
name: killed
data: {{dataset: digits, augment: true, limit: 300, hold_out: 200}}
recipe: {{epochs: 12, schedule: one_cycle, batch_size: 32}}
space:
  family: densenet
  depth: {{choice: [7, 10]}}
  growth_rate: {{int: [2, 8], step: 2}}
  bottleneck_width: {{choice: [null, 2]}}
  stem_channels: 4
  dropout: {{float: [0.0, 0.2], step: 0.1, when: {{growth_rate: ">= 6"}}}}
  recipe: {{lr: {{float: [0.01, 0.3], log: true}}}}
sampler: {sampler}
pruner: {pruner}
objectives: {objectives}
limits: {{params: 4k}}
budget: {{trials: {trials}}}
"""
ASYNC = {"pruner": "{name: none}", "objectives": "{error: minimize}"}
REPEATABLE = {
    "pruner": "{name: pareto, margin: 0, neighbours: 1}",
    "objectives": "{error: minimize, params: minimize}",
}


def suggestions(folder: Path) -> list[tuple[int, dict[str, Any], str]]:
    """(number, values, key) of every suggestion, those that cost no training included."""
    first: dict[int, tuple[int, dict[str, Any], str]] = {}
    for attempt in Record.open(RunFolder(folder)).attempts_in_order():
        assert attempt.suggestion is not None
        row = (attempt.suggestion, {**attempt.knobs}, attempt.key)
        first.setdefault(attempt.suggestion, row)
    return [first[number] for number in sorted(first)]


def wait_for_a_cell(process: subprocess.Popen[str], folder: Path) -> None:
    """Until a worker of this process has taken a cell."""
    before = set(folder.glob("cells/*/log.txt"))
    sizes = {path: path.stat().st_size for path in before}
    while process.poll() is None:
        now = set(folder.glob("cells/*/log.txt"))
        if now - before or any(path.stat().st_size > sizes[path] for path in before):
            return
        time.sleep(0.05)


def check_each_ended_once(folder: Path) -> None:
    attempts = [a for a in Record.open(RunFolder(folder)).attempts_in_order() if not a.free]
    ended = [a for a in attempts if a.state in ("complete", "pruned")]
    assert len(ended) == TRIALS
    assert max(Counter(a.key for a in ended).values()) == 1
    assert not [a for a in attempts if a.state in ("running", "waiting")]
    assert not list(folder.rglob("*.tmp")) + list(folder.rglob("checkpoint*.pt"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sampler", "keys"),
    [
        ("{name: random, seed: 3}", ASYNC),
        ("{name: qmc, seed: 3}", ASYNC),
        ("{name: tpe, seed: 3, batch: 1}", REPEATABLE),
        ("{name: tpe, seed: 3, batch: 3}", REPEATABLE | ASYNC),
    ],
    ids=["random", "qmc", "tpe", "tpe in batches"],
)
def test_kill_a_search_five_times(sampler: str, keys: dict[str, str], tmp_path: Path) -> None:
    study = tmp_path / "killed.yaml"
    study.write_text(STUDY.format(sampler=sampler, trials=TRIALS, **keys), encoding="utf-8")
    moments = random.Random(sampler)
    folder = tmp_path / "runs" / "killed"
    for attempt in range(5):
        process = start(study, tmp_path / "runs", "--jobs", "2")
        if attempt % 2:
            wait_for_a_cell(process, folder)
            time.sleep(moments.uniform(0, 0.5))
        else:
            time.sleep(moments.uniform(1, 6))
        assert process.poll() is None, process.communicate()[0]
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    last = start(study, tmp_path / "runs", "--jobs", "2")
    output, _ = last.communicate()
    assert last.returncode == 0, output
    check_each_ended_once(folder)

    other = start(study, tmp_path / "undisturbed", "--jobs", "2")
    output, _ = other.communicate()
    assert other.returncode == 0, output
    undisturbed = tmp_path / "undisturbed" / "killed"
    assert suggestions(folder) == suggestions(undisturbed)
    dropped = ["train_seconds", "shared_by", "attempts"]
    found, expected = ablate.results(folder), ablate.results(undisturbed)
    pd.testing.assert_frame_equal(found.drop(columns=dropped), expected.drop(columns=dropped))
    print(found["state"].value_counts().to_dict(), "attempts", found["attempts"].tolist())
