"""The benches: their rows, their ratios, and the counts that need no clock."""

from __future__ import annotations

import csv
import math
import platform
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ablate.cells import DATASETS
from ablate.errors import AblateError, RecordingFailed, UsageError
from ablate.measuring import (
    MeasureOptions,
    Subject,
    count,
    measure_networks,
    subjects_of,
    training_step,
)
from ablate.networks import IMPLEMENTATIONS, Architecture, DenseNet
from ablate.records import Plan
from ablate.study import load_study
from ablate.workers import RunOptions
from benchmarks import memory, ranks
from benchmarks.epochs import bench_epoch
from benchmarks.findings import Findings, conditions, processor, speed
from benchmarks.memory import bench_memory
from benchmarks.pipeline import bench_data
from benchmarks.steps import bench_step
from benchmarks.studies import bench_study, small_networks
from tests.measuring.conftest import TINY

SMALL = DenseNet(depth=16, growth_rate=6, bottleneck_width=4, compression=0.5, image_size=8)
OURS = ("ablate-fast", "ablate-efficient", "torchvision", "torchvision-memory-efficient")
MIB = 2**20
STUDIES = Path(__file__).parents[2] / "studies"


def densenet_bc(depth: int, growth_rate: int = 12) -> Architecture:
    return DenseNet(depth=depth, growth_rate=growth_rate, bottleneck_width=4, compression=0.5)


def small(*names: str) -> Subject:
    """A step of four images through a small network, in these implementations."""
    return Subject("small", {}, SMALL, 4, "fp32", names)


def test_a_step_of_everything_that_is_here() -> None:
    found = bench_step(small(*OURS, "ablate-captured"), rounds=2)
    assert [row["implementation"] for row in found.rows] == list(OURS)
    assert found.left_out == {"ablate-captured": "CUDA graphs need a GPU"}
    assert (found.conditions["n"], found.conditions["batch_size"]) == (2, 4)
    for row in found.rows:
        assert 0 < row["seconds_q1"] <= row["seconds"] <= row["seconds_q3"]
        assert row["images_per_second"] == pytest.approx(4 / row["seconds"])
        assert row["ready_seconds"] > 0
        assert ("ratio_torchvision" in row) == (row["implementation"] != "torchvision")


@pytest.mark.parametrize("calls", [0, 1, 4])
def test_an_implementation_that_fails_is_left_out(
    calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is made, at its first call, or while it is timed."""

    def fail(name: str, *arguments: Any, **options: Any) -> Callable[[], object]:
        step, left = training_step(name, *arguments, **options), iter(range(calls))
        if name == "torchvision" and not calls:
            raise RuntimeError("cannot be compiled\nat all")

        def call() -> object:
            if name == "torchvision" and next(left, None) is None:
                raise RuntimeError("cannot be compiled\nat all")
            return step()

        return call

    monkeypatch.setattr("benchmarks.steps.training_step", fail)
    monkeypatch.setattr("benchmarks.steps.SECONDS_PER_TIMING", 0.0)
    found = bench_step(small(*OURS[:3]), rounds=3)
    assert found.left_out == {"torchvision": "cannot be compiled"}
    assert [row["implementation"] for row in found.rows] == list(OURS[:2])
    assert found.conditions["n"] == 3 and "ratio_torchvision" not in found.rows[0]


def test_a_recording_that_fails_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str, *arguments: Any, **options: Any) -> Callable[[], object]:
        if name == "torchvision":
            raise RecordingFailed("operation not permitted")
        return training_step(name, *arguments, **options)

    monkeypatch.setattr("benchmarks.steps.training_step", fail)
    found = bench_step(small("torchvision", "ablate-fast"), rounds=1)
    assert [row["implementation"] for row in found.rows] == ["ablate-fast"]
    assert "operation not permitted" in found.left_out["torchvision"]


def test_what_is_there_is_kept_and_no_more_begun_when_time_is_up() -> None:
    told: list[Findings] = []
    found = bench_step(small(*OURS), rounds=9, seconds=0.0, on_round=told.append)
    assert told == [found]
    assert [row["implementation"] for row in found.rows] == ["ablate-fast"]
    assert found.left_out == dict.fromkeys(OURS[1:], "no time was left of 0 s")
    assert found.conditions["n"] == 1


def test_steps_are_timed_and_measured_as_cells_train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With cuDNN's search for its quickest kernels on."""
    seen: list[bool] = []

    def look(*_: Any, **__: Any) -> Callable[[], object]:
        return lambda: seen.append(torch.backends.cudnn.benchmark)

    monkeypatch.setattr("benchmarks.steps.training_step", look)
    monkeypatch.setattr("ablate.measuring.networks.training_step", look)
    monkeypatch.setattr("ablate.measuring.networks.Watch.others", lambda watch: 0.0)
    bench_step(small("ablate-fast"), rounds=1)
    timed = len(seen)
    study = load_study(TINY | {"sweep": {"depth": [10]}, "implementations": ["ablate-fast"]})
    path = tmp_path / "measurements.csv"
    measure_networks(
        subjects_of(study, DATASETS["cifar10"]), path, MeasureOptions(steps=1), study="tiny"
    )
    assert 0 < timed < len(seen) and all(seen)


def test_a_ratio_is_taken_in_each_round() -> None:
    taken = {"theirs": [2.0, 8.0, 30.0], "ours": [1.0, 2.0, 3.0]}
    row = speed(taken, "ours", ["theirs", "nobody's"])
    assert row["seconds"] == 2.0
    assert row["ratio_theirs"] == 4.0
    assert (row["ratio_theirs_q1"], row["ratio_theirs_q3"]) == (3.0, 7.0)
    assert not any("nobody" in name for name in row)


def test_counts_of_the_journals_network() -> None:
    """What DenseNet-BC-100-12 saves for backward, in MiB an image, and the peak of 64 images."""
    fast, efficient, theirs, checkpointed = (count(name, densenet_bc(100), 64) for name in OURS)
    assert round(theirs.saved_bytes / 64 / MIB, 1) == 33.2
    assert fast.saved_bytes == theirs.saved_bytes
    assert round(checkpointed.saved_bytes / 64 / MIB, 1) == 12.1
    assert efficient.saved_bytes / 64 / MIB < 1.3
    assert theirs.peak_bytes / efficient.peak_bytes > 9


def test_what_is_saved_grows_linearly_with_depth() -> None:
    saved = [
        count("ablate-efficient", densenet_bc(depth), 2).saved_bytes for depth in (64, 94, 124)
    ]
    assert saved[2] - saved[1] == pytest.approx(saved[1] - saved[0], rel=0.02)
    theirs = [count("torchvision", densenet_bc(depth), 2).saved_bytes for depth in (64, 94, 124)]
    assert theirs[2] - theirs[1] > 1.2 * (theirs[1] - theirs[0])


def test_rows_of_the_memory_bench() -> None:
    found = bench_memory([SMALL], batch_size=4, names=OURS)
    fast, efficient, theirs, _ = found.rows
    assert fast["ratio_saved_torchvision"] == 1.0
    # A buffer that torch 2.11 frees a little later is in the peak.
    assert fast["ratio_peak_torchvision"] == pytest.approx(1.0, rel=0.01)
    assert efficient["ratio_saved_torchvision"] == pytest.approx(
        theirs["saved_bytes_per_image"] / efficient["saved_bytes_per_image"]
    )
    assert efficient["ratio_peak_torchvision"] == theirs["peak_bytes"] / efficient["peak_bytes"]
    assert {row["depth"] for row in found.rows} == {16}
    assert "measured_bytes" not in fast
    assert set(OURS) < set(memory.USUAL) < set(IMPLEMENTATIONS)


def test_memory_is_measured_in_a_process_of_its_own() -> None:
    beside = torch.ones(2**27)  # held here, which is nothing to that process
    network = densenet_bc(22).resolve()
    (row,) = bench_memory([network], batch_size=32, names=["ablate-fast"], device="cpu").rows
    assert 0.5 * row["peak_bytes"] < row["measured_bytes"] < 5 * row["peak_bytes"]
    assert beside.numel() == 2**27


def test_what_would_not_fit_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.memory.memory_of", lambda device: 1024)
    (row,) = bench_memory([SMALL], batch_size=4, names=["ablate-fast"], device="cpu").rows
    assert row["measured_bytes"] is None


def test_what_fails_is_told_and_rows_are_there_as_they_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(name: str, *_: Any) -> int:
        if name == "torchvision":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried\nmore")
        return 7

    monkeypatch.setattr("benchmarks.memory._measured", fail)
    told: list[int] = []
    found = bench_memory(
        [SMALL],
        batch_size=4,
        names=["torchvision", "ablate-fast"],
        device="cpu",
        on_row=lambda found: told.append(len(found.rows)),
    )
    assert [row["measured_bytes"] for row in found.rows] == [None, 7]
    assert found.left_out == {"torchvision, measured": "CUDA out of memory. Tried"}
    assert told == [1, 2]


def test_pipelines_are_held_against_the_quickest_loader() -> None:
    found = bench_data(images=128, rounds=1)
    names = [row["pipeline"] for row in found.rows]
    assert names[0] == "ablate, 1 threads"
    assert {"torchvision PIL, 0 workers", "torchvision tensors, 1 workers"} < set(names)
    best = min(
        (row for row in found.rows if row["pipeline"].startswith("torchvision")),
        key=lambda row: row["seconds"],
    )
    assert found.title.endswith(f"against {best['pipeline']}")
    for row in found.rows:
        assert row["images_per_second"] == pytest.approx(128 / row["seconds"])
        expected = best["seconds"] / row["seconds"]
        assert row.get("ratio_best_loader", 1.0) == pytest.approx(expected)


@pytest.mark.slow
def test_a_study_is_trained_whole_in_every_way(tmp_path: Path) -> None:
    told: list[str] = []
    four = small_networks(tmp_path, images=64, epochs=1)
    found = bench_study(four, data_root=tmp_path, rounds=1, on_ready=told.append)
    assert [row["run"] for row in found.rows] == told
    assert len(told) >= 2
    for row in found.rows:
        assert row["cells_per_hour"] == pytest.approx(4 * 3600 / row["seconds"])
    assert {"cells": 4, "images": 64, "epochs": 1}.items() <= found.conditions.items()


@pytest.mark.parametrize("threads", [1, 2])
def test_epochs_of_the_training_loop(threads: int) -> None:
    network = DenseNet(depth=10, growth_rate=4)
    found = bench_epoch(network, images=128, batch_size=32, threads=threads, rounds=2)
    assert [row["run"] for row in found.rows] == ["fast", "efficient"]
    assert (found.conditions["threads"], found.conditions["n"]) == (threads, 2)
    for row in found.rows:
        assert row["images_per_second"] == pytest.approx(128 / row["seconds"])
        projected = row["first_seconds"] + 299 * row["seconds"]
        assert row["projected_seconds"] == pytest.approx(projected)


def test_how_a_study_is_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[tuple[Path, RunOptions]] = []

    def pretend(plan: Plan, path: Path, options: RunOptions) -> SimpleNamespace:
        assert len(plan.cells) == len(plan.keys) == 4
        calls.append((path, options))
        return SimpleNamespace(is_complete=len(calls) < 4)

    monkeypatch.setattr("benchmarks.studies.train_plan", pretend)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    four = small_networks(tmp_path, images=64)
    names = [row["run"] for row in bench_study(four, data_root=tmp_path, rounds=1).rows]
    assert names == ["one process, 3 threads", "3 workers"]
    how = [(options.jobs, options.execution.threads) for _, options in calls]
    assert how == [(1, 3), (3, 1)]
    assert len({path.parent for path, _ in calls}) == 2, "a cell would be taken over"
    with pytest.raises(AblateError, match="3 workers: not every cell could be trained"):
        bench_study(four, data_root=tmp_path, rounds=1)


def test_a_search_would_train_other_cells_each_time() -> None:
    study = load_study(STUDIES / "search_bc.yaml", profile="smoke")
    planned = Plan(study, ())
    with pytest.raises(UsageError, match="so that every way trains the same, got a search"):
        bench_study(planned, data_root=Path("none"))
    path = Plan(load_study(STUDIES / "path_recipe.yaml", profile="smoke"), ())
    with pytest.raises(UsageError, match="got a path"):
        bench_study(path, data_root=Path("none"))


def test_a_line_of_the_file_stands_for_itself(tmp_path: Path) -> None:
    rows = [{"run": "a", "seconds": 0.123456}, {"run": "b", "seconds": 2.0, "params": 1234567}]
    found = Findings("t", rows, conditions("cpu", n=3))
    found.write_csv(tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8") as file:
        first, second = csv.DictReader(file)
    assert (first["seconds"], first["params"], first["n"]) == ("0.1235", "", "3")
    assert (second["params"], second["device"][:3]) == ("1234567", "cpu")
    assert first["torch"] == second["torch"] != ""
    assert found.document()["rows"] == rows
    assert not math.isnan(found.document()["conditions"]["threads"])


def test_a_row_says_on_which_processor(tmp_path: Path) -> None:
    """By the model's numbers too: a virtual machine may call many models by one name."""
    facts = tmp_path / "cpuinfo"
    intel = "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 207\nmodel name\t: Some CPU\n"
    facts.write_text(2 * intel + "flags\t: model\n", encoding="utf-8")
    assert processor(facts) == "Some CPU, cpu family 6, model 207"
    facts.write_text("processor\t: 0\nCPU part\t: 0xd0c\n", encoding="utf-8")
    assert processor(facts) == platform.machine()
    assert processor(tmp_path / "none") == platform.processor()
    assert conditions("meta")["processor"] == processor()


def test_a_step_that_processes_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of processes take turns; an epoch of ten steps is a timing."""
    asked: list[int] = []

    def epochs(study: Any, number: int) -> list[float]:
        asked.append(number)
        assert study.file.recipe.accumulate == 2 and study.file.data.limit == 80
        return [10.0 / number, 12.0 / number]

    monkeypatch.setattr(ranks, "_epochs", epochs)
    network = DenseNet(depth=16, growth_rate=6)
    found = ranks.bench_ranks(network, (1, 2), batch_size=8, rounds=2)
    assert asked == [1, 2, 1, 2]
    assert [(row["processes"], row["step_seconds"]) for row in found.rows] == [(1, 1.1), (2, 0.55)]
    assert (found.conditions["n"], found.conditions["accumulate"]) == (4, 2)
