"""Times are taken on a device that nobody else uses."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ablate.errors import MachineError
from ablate.measuring import alone
from ablate.measuring.alone import check_alone, others_on


def test_the_work_of_another_process_is_seen() -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        seen = others_on("cpu")
    finally:
        busy.kill()
        busy.wait()
    assert 0.5 / (alone.psutil.cpu_count() or 1) < seen <= 1


def test_nothing_is_known_of_other_kinds() -> None:
    assert others_on("mps") == 0
    check_alone("mps", 1.0)


def test_a_cpu_that_others_use_is_refused_with_how_much() -> None:
    check_alone("cpu", 0.1)
    with pytest.raises(MachineError) as caught:
        check_alone("cpu", 0.374)
    assert caught.value.exit_code == 5
    assert str(caught.value) == (
        "cpu: other processes keep 37% of the CPU busy, so times would be theirs too; "
        "wait, or measure anyway with --busy"
    )


def test_memory_of_a_gpu_that_others_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    total = 80 * 2**30
    monkeypatch.setattr(alone.torch.cuda, "memory_reserved", lambda device: 4 * 2**30)
    monkeypatch.setattr(
        alone.torch.cuda, "mem_get_info", lambda device: (total - 25 * 2**30, total)
    )
    assert others_on("cuda:0") == 0.25  # 4 GiB are ours, and one our context
    with pytest.raises(MachineError, match=r"cuda:0: other processes hold 20\.0 GiB of its memory"):
        check_alone("cuda:0", 0.25)
    monkeypatch.setattr(alone.torch.cuda, "mem_get_info", lambda device: (total - 5 * 2**30, total))
    assert others_on("cuda:0") == 0
    check_alone("cuda:0", 0.0)
