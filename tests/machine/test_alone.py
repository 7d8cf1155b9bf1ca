"""Times are taken on a device that nobody else uses."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest
import torch

from ablate.errors import MachineError
from ablate.machine import Watch


def test_the_work_of_another_process_is_seen() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        seen = Watch("cpu").others()
    finally:
        busy.kill()
        busy.wait()
    assert 0.5 / (psutil.cpu_count() or 1) < seen <= 1


def test_nothing_is_known_of_other_kinds() -> None:
    watch = Watch("mps")
    assert watch.others() == 0
    watch.check(1.0)


def test_a_cpu_that_others_use_is_refused_with_how_much() -> None:
    watch = Watch("cpu")
    watch.check(0.1)
    with pytest.raises(MachineError) as caught:
        watch.check(0.374)
    assert caught.value.exit_code == 5
    assert str(caught.value) == (
        "cpu: other processes keep 37% of the CPU busy, so times would be theirs too; "
        "wait, or measure anyway with --busy"
    )


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """GiB of a GPU of 80: what our allocator has, and what is taken beside it."""
    gib = {"ours": 4.0, "rest": 0.5}
    cuda = torch.cuda
    monkeypatch.setattr(cuda, "memory_reserved", lambda device: int(gib["ours"] * 2**30))
    monkeypatch.setattr(
        cuda, "mem_get_info", lambda device: (int((80 - sum(gib.values())) * 2**30), 80 * 2**30)
    )
    return gib


def test_memory_of_a_gpu_that_others_hold(held: dict[str, float]) -> None:
    held["rest"] = 21.0  # of which one is our context
    watch = Watch("cuda:0")
    assert watch.others() == 0.25
    with pytest.raises(MachineError, match=r"cuda:0: other processes hold 20\.0 GiB of its memory"):
        watch.check(0.25)
    held["rest"] = 1.0
    watch = Watch("cuda:0")
    assert watch.others() == 0
    watch.check(0.0)


def test_what_a_process_loads_as_it_measures_is_its_own(held: dict[str, float]) -> None:
    """Kernels and graphs, which no allocator counts; what comes beside them is another's."""
    watch = Watch("cuda:0")
    assert watch.others() == 0
    for held["rest"], held["ours"] in ((0.9, 30.0), (2.4, 10.0)):
        assert watch.others() == 0
    held["rest"] = 0.5 + 2 + 8
    assert watch.others() == 0.1


def test_others_that_were_there_at_first_are_still_seen(held: dict[str, float]) -> None:
    held["rest"] = 17.0
    watch = Watch("cuda:0")
    assert [watch.others(), watch.others()] == [16 / 80, 14 / 80]
