"""Networks measured: what a row holds, what is kept, and what cannot be run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.costs import cost
from ablate.errors import MachineError, RecordingFailed
from ablate.measuring import Event, MeasureOptions, measure_networks, networks
from ablate.records import Row, read_rows
from ablate.training import Execution
from tests.measuring.conftest import VARIANT


def run(
    subjects: Any,
    path: Path,
    *,
    device: str = "cpu",
    threads: int = 1,
    again: bool = False,
    busy: bool = False,
    **told: Any,
) -> list[Row]:
    options = MeasureOptions(Execution(device=device, threads=threads), 2, again, busy)
    return measure_networks(subjects, path / "measurements.csv", options, study="tiny", **told)


def labels(rows: list[Row]) -> list[tuple[Any, str]]:
    return [(row.sweep["depth"], row.implementation) for row in rows]


def test_a_row_for_every_network_and_implementation(subjects, tmp_path: Path) -> None:
    rows = run(subjects(), tmp_path, profile="smoke")
    ours, theirs = "ablate-fast", "torchvision"
    assert labels(rows) == [(10, ours), (10, theirs), (16, ours), (16, theirs)]
    assert read_rows(tmp_path / "measurements.csv") == rows
    for row in rows:
        assert row.step_seconds_q1 and row.step_seconds and row.step_seconds_q3
        assert 0 < row.step_seconds_q1 <= row.step_seconds <= row.step_seconds_q3
        assert row.latency_seconds and row.latency_seconds > 0
        assert (row.n, row.others, row.reason, row.measured_peak_bytes) == (2, 0.01, "", None)
        assert (row.batch_size, row.precision, row.threads) == (2, "fp32", 1)
        assert (row.study, row.profile, row.torch) == ("tiny", "smoke", torch.__version__)


def test_costs_are_counted_as_everywhere(subjects, tmp_path: Path) -> None:
    (subject, _) = subjects()
    ours, theirs, *_ = run([subject], tmp_path)
    counted = cost(subject.architecture, batch_size=2)
    for name in ("params", "macs", "saved_bytes", "peak_bytes"):
        assert getattr(ours, name) == getattr(counted, name) == getattr(theirs, name)


def test_what_is_there_is_not_measured_again(
    subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(subjects(), tmp_path)
    more = subjects(
        sweep={"depth": [10, 16, 22]}, implementations=["ablate-fast", "ablate-efficient"]
    )
    second = run(more, tmp_path)
    assert [row for row in second if row in first] == first[::2]
    assert len(second) == 6 and len(read_rows(tmp_path / "measurements.csv")) == 8

    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing is left to measure")

    monkeypatch.setattr("ablate.measuring.networks.training_step", fail)
    assert run(more, tmp_path) == second


def test_again(subjects, tmp_path: Path) -> None:
    network = subjects(sweep={"depth": [10]})
    first = run(network, tmp_path)
    again = run(network, tmp_path, again=True)
    assert labels(again) == labels(first) and again != first
    assert read_rows(tmp_path / "measurements.csv") == again


def test_other_conditions_are_other_rows(subjects, tmp_path: Path) -> None:
    network = subjects(sweep={"depth": [10]}, implementations=["ablate-fast"])
    one = run(network, tmp_path)
    two = run(network, tmp_path, threads=2)
    assert {row.threads for row in two} == {2}
    assert read_rows(tmp_path / "measurements.csv") == one + two


def test_an_end_in_the_middle_loses_the_network_in_work_only(subjects, tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        if (event.kind, event.number) == ("start", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(subjects(), tmp_path, on_event=stop)
    kept = read_rows(tmp_path / "measurements.csv")
    assert [row.sweep["depth"] for row in kept] == [10, 10]
    assert run(subjects(), tmp_path)[:2] == kept


def test_what_goes_on_is_told(subjects, tmp_path: Path) -> None:
    told: list[Event] = []
    rows = run(subjects(), tmp_path, on_event=told.append)
    assert [(e.kind, e.number, e.total, e.label) for e in told] == [
        ("start", 1, 2, "BC depth=10"),
        ("end", 1, 2, "BC depth=10"),
        ("start", 2, 2, "BC depth=16"),
        ("end", 2, 2, "BC depth=16"),
    ]
    assert [row for event in told for row in event.rows] == rows


@pytest.mark.skipif(torch.cuda.is_available(), reason="is run there")
def test_what_cannot_run_here_is_a_row_with_the_reason(subjects, tmp_path: Path) -> None:
    (row,) = run(subjects(implementations=["ablate-captured"], sweep={"depth": [10]}), tmp_path)
    assert row.reason == "CUDA graphs need a GPU"
    assert (row.peak_bytes, row.step_seconds, row.n, row.others) == (None, None, None, None)


def test_what_would_not_fit_is_counted_and_not_run(
    subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablate.measuring.networks.memory_of", lambda device: 2**17)
    (row, _, *_) = run(subjects(), tmp_path)
    assert row.peak_bytes and row.step_seconds is None and row.n is None
    assert row.reason == "a step needs 0.0 GiB, over 85% of 0.0 GiB"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory.\nTried"), "CUDA out of memory."),
        (MemoryError(), "out of memory"),
        (RuntimeError("no C++ compiler\nat"), "no C++ compiler"),
    ],
)
def test_a_step_that_fails_is_a_row_with_the_reason(
    subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    from ablate.measuring import training_step

    def fail(name: str, *arguments: Any, **options: Any) -> Callable[[], object]:
        if name == "torchvision":
            raise error
        return training_step(name, *arguments, **options)

    monkeypatch.setattr("ablate.measuring.networks.training_step", fail)
    ours, theirs, *_ = run(subjects(), tmp_path)
    assert ours.step_seconds and not ours.reason
    assert (theirs.reason, theirs.step_seconds) == (reason, None) and theirs.peak_bytes


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A step and a pass that cost nothing, captured ones too; the names that were called."""
    called: list[str] = []
    alive: set[str] = set()

    class Recorded:
        def __init__(self, name: str, *_: Any, **__: Any) -> None:
            self.name = name
            if "captured" in name:
                assert not [other for other in alive if "captured" in other], "two graphs at once"
            alive.add(name)

        def __call__(self) -> None:
            called.append(self.name)

        def __del__(self) -> None:
            alive.discard(self.name)

    monkeypatch.setattr("ablate.measuring.networks.why_not", lambda *_: "")
    for what in ("training_step", "latency"):
        monkeypatch.setattr(f"ablate.measuring.networks.{what}", Recorded)
    monkeypatch.setattr("ablate.measuring.networks.AT_LEAST", 0.0)
    return called


def test_one_recorded_step_at_a_time(subjects, tmp_path: Path, recording: list[str]) -> None:
    """Each graph keeps its memory until it is gone; what keeps none takes turns."""
    fast, theirs, one, two = names = [
        "ablate-fast",
        "torchvision",
        "ablate-captured",
        "ablate-efficient-captured",
    ]
    network = subjects(implementations=[fast, one, theirs, two], sweep={"depth": [10]})
    rows = run(network, tmp_path)
    assert [row.implementation for row in rows] == [fast, one, theirs, two]
    assert all(row.step_seconds and row.latency_seconds and row.n == 2 for row in rows)
    half = len(recording) // 2
    turns = [fast, fast, theirs, theirs, fast, theirs, fast, theirs, theirs, fast]
    assert recording[:10] == turns  # two and two to begin with, one each to warm up, two rounds
    assert set(recording[half:]) == {one, two} < set(names)


def test_a_step_that_fails_while_it_is_timed_ends_no_other(
    subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ablate.measuring import training_step

    def later(name: str, *arguments: Any, **options: Any) -> Callable[[], object]:
        step, calls = training_step(name, *arguments, **options), iter(range(4))

        def call() -> object:
            if name == "torchvision" and next(calls, None) is None:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried")
            return step()

        return call

    monkeypatch.setattr("ablate.measuring.networks.training_step", later)
    ours, theirs = run(subjects(sweep={"depth": [10]}), tmp_path)
    assert ours.step_seconds and ours.latency_seconds and not ours.reason
    assert theirs.reason == "CUDA out of memory. Tried" and theirs.peak_bytes
    assert (theirs.step_seconds, theirs.latency_seconds, theirs.n) == (None, None, None)


def test_a_recording_that_fails_ends_it_with_what_there_is(
    subjects, tmp_path: Path, recording: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing more is measured in a process that is unfit; another goes on with the next."""
    made = networks.training_step

    def fail(name: str, *arguments: Any, **options: Any) -> Any:
        if name == "ablate-captured":
            raise RecordingFailed("operation not permitted")
        return made(name, *arguments, **options)

    monkeypatch.setattr("ablate.measuring.networks.training_step", fail)
    names = ["ablate-captured", "ablate-fast", "ablate-efficient-captured"]
    network = subjects(implementations=names, sweep={"depth": [10]})
    with pytest.raises(RecordingFailed):
        run(network, tmp_path)
    failed, fast = sorted(read_rows(tmp_path / "measurements.csv"), key=lambda row: row.n or 0)
    assert (failed.implementation, failed.reason) == (names[0], "operation not permitted")
    assert (fast.implementation, fast.n) == (names[1], 2)
    assert [bool(row.n) for row in run(network, tmp_path)] == [False, True, True]


def test_precisions_that_steps_are_not_measured_in(subjects, tmp_path: Path) -> None:
    from dataclasses import replace

    (subject, _) = subjects()
    (row, _) = run([replace(subject, precision="fp16")], tmp_path)
    assert row.reason == "steps of fp16 are not measured" and row.peak_bytes


def test_a_shared_device_is_refused_unless_it_may_be(
    subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablate.measuring.networks.Watch.others", lambda watch: 0.5)
    with pytest.raises(MachineError, match="keep 50% of the CPU busy"):
        run(subjects(), tmp_path)
    assert not (tmp_path / "measurements.csv").exists()
    assert {row.others for row in run(subjects(), tmp_path, busy=True)} == {0.5}


def test_torchs_switches_are_left_as_they_were(subjects, tmp_path: Path) -> None:
    before = torch.get_num_threads(), torch.get_rng_state()
    run(subjects(sweep={"depth": [10]}), tmp_path, threads=before[0] + 1)
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


def test_kernels_are_searched_for_as_in_cells(
    subjects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def step(*_: Any, **__: Any) -> Callable[[], None]:
        return lambda: seen.append(torch.backends.cudnn.benchmark)

    monkeypatch.setattr("ablate.measuring.networks.training_step", step)
    run(subjects()[:1], tmp_path)
    assert seen and all(seen)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_memory_of_recorded_steps_is_given_back(subjects, tmp_path: Path) -> None:
    """But for libraries' workspaces, which torch keeps for each stream."""
    names = ["ablate-captured", "ablate-efficient-captured"]
    wide = {"BC": VARIANT | {"growth_rate": 24}}
    how = {"variants": wide, "sweep": {"depth": [40]}, "recipe": {"epochs": 1, "batch_size": 128}}
    before = torch.cuda.memory_reserved()
    rows = run(subjects(implementations=names, **how), tmp_path, device="cuda", busy=True)
    assert all(row.step_seconds and not row.reason for row in rows)
    assert rows[0].peak_bytes and rows[0].peak_bytes > 2**30
    assert torch.cuda.memory_reserved() < before + 2**28


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_memory_of_a_gpu_is_measured(subjects, tmp_path: Path) -> None:
    for row in run(subjects(), tmp_path, device="cuda", busy=True):
        assert row.measured_peak_bytes and row.peak_bytes
        assert row.measured_peak_bytes > 0.5 * row.peak_bytes
