"""Where and how cells train: what no run can have, and what a machine suggests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import ablate
from ablate.errors import MachineError, UsageError
from ablate.training import Execution
from ablate.workers import RunOptions, options


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of them, of which nothing is asked."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"jobs": -1}, "--jobs: must be >= 0 and <= 1024, got -1"),
        ({"jobs": 1025}, "--jobs: must be >= 0 and <= 1024, got 1025"),
        ({"devices": ["cpu", "meta"]}, "device 'meta': holds no numbers"),
        ({"per_device": 0, "devices": ["cuda:0"]}, "--per-device: must be >= 1 or auto, got 0"),
        ({"per_device": -1, "devices": ["cuda:0"]}, "--per-device: must be >= 1 or auto, got -1"),
        ({"retry": ("oom", "lost")}, "--retry: one of oom, diverged, timeout, got lost"),
        (
            {"per_device": 2, "devices": ["cpu"]},
            "--per-device: is for GPUs; on the CPU --jobs says how many cells train",
        ),
        ({"per_device": "auto", "devices": ["cuda:0", "cpu"]}, "--per-device: is for GPUs; on"),
    ],
    ids=str,
)
def test_options_that_no_run_can_have(gpus: None, given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        RunOptions.of(**given)
    assert str(caught.value).startswith(message)


def test_a_run_needs_a_device_and_one_that_is_there(gpus: None) -> None:
    with pytest.raises(UsageError, match="--devices: at least one"):
        RunOptions(Path(), devices=())
    with pytest.raises(MachineError, match="device 'cuda:7' cannot be used"):
        RunOptions.of(devices=["cuda:0", "cuda:7"])


@pytest.mark.parametrize("verb", ["run", "confirm"])
def test_verbs_refuse_them_before_they_look_at_anything(verb: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--jobs: must be >= 0 and <= 1024, got -1"):
        getattr(ablate, verb)(tmp_path / "none", jobs=-1)


def test_what_is_not_said_is_as_the_machine_suggests(
    gpus: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ABLATE_DATA", str(tmp_path))
    assert RunOptions.of() == RunOptions(tmp_path, devices=("cuda:0", "cuda:1"), jobs=2)


def test_a_worker_a_core_where_cells_train_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "cores", lambda: 2)
    assert RunOptions.of(devices=["cpu"]).jobs == 2


@pytest.mark.parametrize(
    ("cores", "gpus", "per_device", "expected"),
    [
        (16, 1, None, 1),
        (16, 2, None, 2),
        (16, 2, 3, 6),
        (1, 1, 4, 4),  # asked for
        (16, 1, "auto", 8),
        (16, 4, "auto", 16),  # four cores for each
        (2, 4, "auto", 4),
    ],
)
def test_workers_of_gpus(
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    gpus: int,
    per_device: Any,
    expected: int,
) -> None:
    monkeypatch.setattr(options, "cores", lambda: cores)
    assert options.default_jobs([f"cuda:{n}" for n in range(gpus)], per_device) == expected


@pytest.mark.parametrize(
    ("cores", "device", "jobs", "loaders", "expected"),
    [
        (16, "cpu", 4, "auto", 0),  # a core is taken by training
        (16, "cuda", 1, "auto", 16),
        (64, "cuda", 1, "auto", 16),
        (16, "cuda:1", 4, "auto", 4),
        (2, "cuda", 4, "auto", 1),
        (16, "cuda", 0, "auto", 0),  # without workers no process reads for one
        (16, "cpu", 4, 2, 2),  # asked for
        (16, "cuda", 1, 0, 0),
    ],
)
def test_who_reads_images(
    gpus: None,
    monkeypatch: pytest.MonkeyPatch,
    cores: int,
    device: str,
    jobs: int,
    loaders: Any,
    expected: int,
) -> None:
    monkeypatch.setattr(options, "cores", lambda: cores)
    execution = Execution(loaders=loaders, threads=3)
    ours = RunOptions(Path(), devices=(device,), jobs=jobs, execution=execution).of_worker(0)
    assert ours.execution == Execution(device=device, loaders=expected, threads=3)


def test_workers_take_devices_in_turn(gpus: None) -> None:
    both = RunOptions.of(devices=["cuda:0", "cuda:1"], per_device=2)
    devices = [both.of_worker(slot).execution.device for slot in range(both.jobs)]
    assert devices == ["cuda:0", "cuda:1", "cuda:0", "cuda:1"]


CUDA = [f"cuda:{n}" for n in range(4)]


@pytest.mark.parametrize(
    ("together", "given", "message"),
    [
        (2, {"devices": CUDA, "per_device": 2}, "such cells share no device; leave out --per-devi"),
        (
            2,
            {"devices": ["cuda:0", "cpu"]},
            "is for CUDA GPUs or the CPU, and --devices for one of",
        ),
        (
            8,
            {"devices": CUDA},
            "needs 8 different GPUs for every cell, and --devices has 4; write --devices-per-",
        ),
        (
            3,
            {"devices": CUDA},
            "needs 3 different GPUs for every cell, and --devices has 4; write --devices with 3 of",
        ),
        (
            2,
            {"devices": ["cuda:0"] * 2},
            "needs 2 different GPUs for every cell, and --devices has",
        ),
        (
            2,
            {"devices": CUDA, "jobs": 3},
            "4 devices train 2 cells at a time; write --jobs 2, or leave it out",
        ),
    ],
    ids=str,
)
def test_devices_that_cannot_train_cells_together(
    monkeypatch: pytest.MonkeyPatch, together: int, given: dict[str, Any], message: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(UsageError) as caught:
        RunOptions.of(**given, execution=Execution(devices_per_cell=together))
    assert str(caught.value).startswith(f"--devices-per-cell {together}: {message}")


@pytest.mark.parametrize(
    ("devices", "together", "jobs", "teams"),
    [
        (CUDA, 2, 2, [("cuda:0", "cuda:1"), ("cuda:2", "cuda:3")]),
        (CUDA, 4, 1, [tuple(CUDA)]),
        (["cpu"], 2, 8, [("cpu", "cpu")] * 8),
        (["cpu"], 32, 1, [("cpu",) * 32]),
    ],
)
def test_workers_take_devices_by_the_team(
    monkeypatch: pytest.MonkeyPatch, devices: list[str], together: int, jobs: int, teams: Any
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(options, "cores", lambda: 16)
    every = RunOptions.of(devices=devices, execution=Execution(devices_per_cell=together))
    assert every.jobs == jobs
    workers = [every.of_worker(slot) for slot in range(every.jobs)]
    assert [worker.devices for worker in workers] == teams
    assert {worker.execution.device for worker in workers} == {team[0] for team in teams}
    loaders = 0 if devices == ["cpu"] else 4
    assert {worker.execution.loaders for worker in workers} == {loaders}


def test_more_cells_than_cores_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "cores", lambda: 2)
    assert options.turns_note(4, ["cpu"]) == (
        "--jobs 4: this machine has 2 cores, so 4 cells at a time take turns and each is slower; "
        "without --jobs there are 2"
    )
    assert options.turns_note(2, ["cpu"], 2) == (
        "--jobs 2, 2 processes each: this machine has 2 cores, so they take turns and each cell is "
        "slower"
    )
    asked = ((2, ["cpu"]), (0, ["cpu"]), (9, ["cuda:0"]), (1, ["cpu"], 2))
    assert [options.turns_note(*each) for each in asked] == [""] * 4


def test_what_devices_together_come_to_is_told() -> None:
    assert options.sharing_note(1) == ""
    assert options.sharing_note(4) == (
        "--devices-per-cell 4: the keys of one device, and its results up to rounding; with "
        "dropout or random paths equal to them in law only"
    )
