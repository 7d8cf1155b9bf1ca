"""Runs without workers (`jobs=0`): cells train in the process that asks for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from optuna.storages import RDBStorage

import ablate
from ablate.errors import Stopped
from ablate.records import Record, open_folder
from ablate.training import Execution
from ablate.workers import executor
from tests.conftest import PATIENCE, TINY_STUDY


def run(study: Path | ablate.Study, **options: Any) -> Any:
    if isinstance(study, Path):
        options["runs"] = study.parent / "runs"
    return ablate.run(study, jobs=0, devices=["cpu"], **options)


def states(study: Path) -> list[str]:
    return list(ablate.results(study.parent / "runs" / "tiny")["state"])


def test_no_process_is_started_and_events_come_at_once(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "_start", None)
    heard: list[tuple[str, bool]] = []

    def on_event(event: dict[str, Any]) -> None:
        heard.append((event["kind"], threading.current_thread() is threading.main_thread()))

    assert run(tiny_study, on_event=on_event).trained == 4
    kinds = [kind for kind, _ in heard if kind != "progress"]
    assert kinds == ["start", "epoch", "epoch", "end"] * 4 and all(here for _, here in heard)


def test_what_the_caller_did_with_torch_is_as_it_was(tiny_study: Path) -> None:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    torch.set_num_threads(threads + 1)
    try:
        run(tiny_study, execution=Execution(determinism="strict"))
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.are_deterministic_algorithms_enabled()
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


@pytest.fixture
def long_study(tiny_study: Path) -> ablate.Study:
    """One cell of forty epochs, seconds: a signal comes in the middle."""
    return ablate.load_study(tiny_study, sets=["seeds=[0]", "variants.bc=null", "recipe.epochs=40"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_stops_it_and_it_goes_on_from_the_checkpoint(
    long_study: ablate.Study, tmp_path: Path, number: signal.Signals
) -> None:
    def stop_soon() -> None:
        while not list(tmp_path.glob("tiny/cells/*/curve.csv")):  # after the checkpoint
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    options: dict[str, Any] = {"runs": tmp_path, "jobs": 0, "devices": ["cpu"]}
    thread = threading.Thread(target=stop_soon)
    thread.start()
    with pytest.raises(Stopped, match=f"stopped by {number.name}"):
        ablate.run(long_study, **options)
    thread.join()
    # Though this process lives on:
    assert ablate.results(tmp_path / "tiny")["state"].tolist() == ["waiting"]
    (curve,) = tmp_path.glob("tiny/cells/*/curve.csv")
    first = curve.read_text(encoding="utf-8").splitlines()[1]
    assert ablate.run(long_study, **options).trained == 1
    epochs = curve.read_text(encoding="utf-8").splitlines()[1:]
    assert len(epochs) == 40 and epochs[0] == first  # with the seconds that it took


def test_a_signal_within_the_record_waits_for_its_end(
    tiny_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that is left half-way comes out as an error of the database."""
    ended: list[str] = []
    write = RDBStorage.set_trial_user_attr

    def interrupted(self: RDBStorage, trial_id: int, key: str, value: Any) -> None:
        if key == "reached":  # a cell is in training
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.05)
            ended.append(key)
        write(self, trial_id, key, value)

    monkeypatch.setattr(RDBStorage, "set_trial_user_attr", interrupted)
    with pytest.raises(Stopped, match="stopped by SIGTERM"):
        run(tiny_study)
    assert ended


@pytest.mark.parametrize(("kind", "done"), [("start", 0), ("end", 1)])
def test_an_error_of_the_listener_reaches_the_caller(
    tiny_study: Path, kind: str, done: int
) -> None:
    def full(event: dict[str, Any]) -> None:
        if event["kind"] == kind:
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        run(tiny_study, on_event=full)
    folder = open_folder(tiny_study.parent / "runs" / "tiny")
    (attempt,) = Record.open(folder).attempts_in_order()
    assert not attempt.failure  # the cell's it is not
    assert sorted(states(tiny_study)) == ["done"] * done + ["waiting"] * (4 - done)
    assert run(tiny_study).is_complete


def test_a_script_needs_no_main_guard(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    script = tmp_path / "bare.py"
    calls = 'ablate.run("tiny.yaml", jobs=0)\nablate.confirm("runs/tiny", seeds=1, jobs=0)\n'
    script.write_text(f"import ablate\n{calls}", encoding="utf-8")
    subprocess.run([sys.executable, script], cwd=tmp_path, check=True)
    for name, count in (("tiny", 4), ("tiny/confirm", 1)):
        assert ablate.results(tmp_path / "runs" / name)["state"].tolist() == ["done"] * count


def test_ctrl_c_ends_the_command_with_75(tiny_study: Path) -> None:
    command = [sys.executable, "-m", "ablate", "run", str(tiny_study), "--profile", "long"]
    where = tiny_study.parent
    with subprocess.Popen([*command, "--jobs", "0", "--devices", "cpu"], cwd=where) as process:
        while not list(where.glob("runs/*/cells/*/checkpoint.pt")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait() == Stopped.exit_code
    assert list(where.glob("runs/*/cells/*/checkpoint.pt"))


@pytest.mark.slow
def test_a_run_with_nothing_to_take_waits_for_another(tiny_study: Path) -> None:
    one = ["--set", "seeds=[0]", "--set", "variants.bc=null", "--as", "one", "--jobs", "0"]
    runs = str(tiny_study.parent / "runs")
    command = [sys.executable, "-m", "ablate", "run", str(tiny_study), *one, "--runs", runs]
    others: list[subprocess.Popen[str]] = []

    def on_event(event: dict[str, Any]) -> None:
        if event["kind"] == "start":
            other = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            others.append(other)
            assert other.stdout and other.stdout.readline().endswith(" to start\n")
            with pytest.raises(subprocess.TimeoutExpired):
                other.wait(3)

    study = ablate.load_study(tiny_study, sets=["seeds=[0]", "variants.bc=null"])
    assert run(study, runs=runs, name="one", on_event=on_event).trained == 1
    output, _ = others[0].communicate(timeout=PATIENCE)
    assert others[0].returncode == 0
    assert "complete: 1 of 1 cells are done" in output and "trained" not in output
