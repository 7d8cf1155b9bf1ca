"""The script for sbatch: what it says, and what it does as a worker ends, without a Slurm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import UsageError
from ablate.launching import Workers, script
from tests.conftest import PATIENCE

BLANKS = Workers("s@quick", "my runs/s@quick", "my $tudies/it's.yaml", ("--runs", "my runs"))


def lines(workers: Workers, **options: Any) -> list[str]:
    return script(workers, **options).splitlines()


def test_directives_come_before_commands_and_say_what_was_asked() -> None:
    workers = Workers("s", "runs/s", "s.yaml", number=100, at_once=16, gpus=2, cpus=8)
    found = lines(workers, time="1-12:00:00", partition="long")
    directives = [line.split("  #")[0] for line in found if line.startswith("#SBATCH ")]
    assert directives == [
        "#SBATCH --job-name=s",
        "#SBATCH --array=0-99%16",
        "#SBATCH --time=1-12:00:00",
        "#SBATCH --ntasks=1",
        "#SBATCH --cpus-per-task=8",
        "#SBATCH --gres=gpu:2",
        "#SBATCH --partition=long",
        "#SBATCH --requeue",
        "#SBATCH --signal=B:USR1@60",
        "#SBATCH --open-mode=append",
        "#SBATCH --output=%x-%A_%a.log",
    ]
    first_command = next(n for n, line in enumerate(found) if line and line[0] != "#")
    assert max(n for n, line in enumerate(found) if line.startswith("#SBATCH")) < first_command
    assert max(map(len, found)) <= 100


def test_on_cores_a_number_of_cells_train_that_is_said_once() -> None:
    (command,) = (line for line in lines(Workers("s", "r", "s.yaml", gpus=0)) if line[-1:] == "&")
    assert command == 'ablate run s.yaml --devices cpu --jobs "$SLURM_CPUS_PER_TASK" &'
    given = Workers("s", "r", "s.yaml", ("--jobs", "1"), {"jobs": 1, "devices": None}, gpus=0)
    (command,) = (line for line in lines(given) if line[-1:] == "&")
    assert command == "ablate run s.yaml --jobs 1 --devices cpu &"


def test_without_a_database_it_says_that_one_node_is_all() -> None:
    assert "##SBATCH --nodelist=NODE" in script(Workers("s", "r", "s.yaml"))
    text = script(Workers("s", "r", "s.yaml", given={"storage": "postgresql+psycopg://host/d"}))
    assert "nodelist" not in text and "PGPASSWORD" in text


def test_a_name_that_would_begin_a_line_of_its_own_is_refused() -> None:
    with pytest.raises(UsageError, match="no such text on one line"):
        Workers("s", "runs/s", "a\nrm b.yaml")


@pytest.mark.parametrize("workers", [BLANKS, Workers("s", "r", "s.yaml", gpus=0)])
def test_a_shell_finds_no_fault_in_it(workers: Workers) -> None:
    checker = ["shellcheck", "-S", "warning", "-"] if shutil.which("shellcheck") else ["bash", "-n"]
    subprocess.run(checker, input=script(workers), text=True, check=True, timeout=PATIENCE)


@pytest.fixture
def array_element(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`array_element(body)`: the script begun, with an `ablate` whose body is bash."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def start(body: str) -> subprocess.Popen[str]:
        for name, text in {"ablate": body, "scontrol": 'echo "scontrol $*"'}.items():
            (programs / name).write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        batch = tmp_path / "a batch.sh"
        batch.write_text(script(BLANKS), encoding="utf-8")
        element = {"SLURM_JOB_ID": "7", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "3"}
        path = f"{programs}:{os.environ['PATH']}"
        return subprocess.Popen(
            ["bash", str(batch)],
            env=os.environ | element | {"PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


Start = Callable[..., subprocess.Popen[str]]
REQUEUED = "scontrol requeue 7_3\n"  # and not 7, which is the whole array
# A worker that says when it listens, and takes its time to stop.
LISTENS = "trap 'sleep 0.3; exit 75' USR1 TERM; echo listens; while :; do sleep 0.05; done"


def test_the_worker_gets_its_words_as_they_were_given(array_element: Start) -> None:
    said, _ = array_element("printf '[%s]' \"$@\"").communicate(timeout=PATIENCE)
    assert said == "[run][my $tudies/it's.yaml][--runs][my runs]"


@pytest.mark.parametrize(
    ("code", "requeued"), [(0, ""), (1, ""), (2, ""), (3, ""), (5, ""), (75, REQUEUED), (137, "")]
)
def test_what_a_worker_ends_with_says_what_comes_next(
    array_element: Start, code: int, requeued: str
) -> None:
    process = array_element(f"exit {code}")
    assert (process.communicate(timeout=PATIENCE)[0], process.returncode) == (requeued, code)


@pytest.mark.parametrize(
    ("numbers", "requeued"),
    [
        ([signal.SIGUSR1], REQUEUED),
        ([signal.SIGTERM], ""),  # cancelled
        ([signal.SIGUSR1, signal.SIGUSR1], REQUEUED),
        ([signal.SIGUSR1, signal.SIGTERM], ""),
    ],
)
def test_a_warning_is_handed_on_and_waited_for(
    array_element: Start, numbers: list[signal.Signals], requeued: str
) -> None:
    process = array_element(LISTENS)
    assert process.stdout and process.stdout.readline() == "listens\n"
    for number in numbers:
        process.send_signal(number)
        time.sleep(0.1)
    said, _ = process.communicate(timeout=PATIENCE)
    assert (said, process.returncode) == (requeued, 75)


def test_a_worker_that_was_warned_before_it_could_listen_is_queued_again(
    array_element: Start,
) -> None:
    process = array_element("echo deaf; exec sleep 1000")
    assert process.stdout and process.stdout.readline() == "deaf\n"
    process.send_signal(signal.SIGUSR1)
    said, _ = process.communicate(timeout=PATIENCE)
    assert REQUEUED in said and process.returncode == 75
