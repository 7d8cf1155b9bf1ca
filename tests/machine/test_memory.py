import platform
import subprocess
import sys

import pytest
import torch

from ablate.machine import keep_memory, peak_memory, release_memory

IS_GLIBC = platform.libc_ver()[0] == "glibc"
MIB = 2**20

# In a process of its own: the switch holds for as long as that lives.
PROBE = """
import resource
import psutil
import torch
from ablate.machine.memory import keep_memory, release_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def use():
    arrays = [torch.ones(10 * 2**20) for _ in range(4)]  # 40 MiB each: never kept by default

if {keeps}:
    assert keep_memory("cpu")
for _ in range(20):  # until what is free has room for all, wherever chance has put the first
    use()
before = faults()
for _ in range(10):
    use()
rss = psutil.Process().memory_info().rss
again = faults() - before
release_memory("cpu")
print(again, rss - psutil.Process().memory_info().rss)
"""


def probe(*, keeps: bool) -> tuple[int, int]:
    """(page faults of ten uses after the first, bytes that a release gave back)."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(keeps=keeps)],
        capture_output=True,
        text=True,
        check=True,
    )
    again, returned = map(int, done.stdout.split())
    return again, returned


@pytest.mark.skipif(not IS_GLIBC, reason="the C library is not glibc")
def test_freed_memory_is_used_again_and_given_back_when_released() -> None:
    again, returned = probe(keeps=True)
    assert returned > 120 * MIB  # of 160
    assert 100 * again < probe(keeps=False)[0]


def test_only_a_cpu_has_the_switch() -> None:
    assert not keep_memory("cuda") and not keep_memory(torch.device("meta"))
    release_memory("meta")
    assert peak_memory("cpu") is None


@pytest.mark.skipif(IS_GLIBC, reason="the C library is glibc")
def test_another_c_library_is_left_alone() -> None:
    assert not keep_memory("cpu")
    release_memory("cpu")
