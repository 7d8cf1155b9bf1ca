"""Processes that train a cell together, each on a device of its own: torch's process group."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from ablate.training.parts import cuts, parts_of

Value = TypeVar("Value")
HOST = "127.0.0.1"  # all processes of a cell are on this machine
# Others wait while the first evaluates or waits for the record. Who hangs is seen by the parent.
PATIENCE = timedelta(days=7)


@dataclass(frozen=True)
class Ranks:
    """This process among those that share every batch of a cell; by default it is alone."""

    rank: int = 0
    number: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process evaluates, writes and reports; the others only compute parts."""
        return self.rank == 0

    @property
    def apart(self) -> tuple[int, ...]:
        """What tells this process's seeds from those of the first, which are a lone one's."""
        return () if self.is_first else (self.rank,)

    def parts(self, parts: int) -> slice:
        """Which of so many parts are this process's: the first has the most, others maybe none."""
        return cuts(parts, self.number)[self.rank]

    def images(self, images: int, accumulate: int) -> slice:
        """Which images of a batch are in this process's parts."""
        every = cuts(images, parts_of(images, accumulate))
        mine = every[self.parts(len(every))]
        return slice(mine[0].start, mine[-1].stop) if mine else slice(0, 0)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Each tensor becomes its sum over all processes, in place, in one message."""
        if self.number == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        sums = torch.split(flat, [tensor.numel() for tensor in tensors])
        for tensor, summed in zip(tensors, sums, strict=True):
            tensor.copy_(summed.view_as(tensor))

    def from_first(self, value: Value) -> Value:
        """The first process's value, on all of them."""
        if self.number == 1:
            return value
        values = [value]
        dist.broadcast_object_list(values)
        return values[0]


def meeting_place() -> Any:
    """Where processes find each other, on the `port` that the system chose; for who starts them.

    A torch.distributed.TCPStore, open as long as it is kept.
    """
    return dist.TCPStore(  # type: ignore[attr-defined]
        HOST, 0, is_master=True, wait_for_workers=False
    )


def join_ranks(device: str, rank: int, number: int, port: int) -> Ranks:
    """This process as one of a `number` that meet at a port of this machine, once all have come.

    The environment is as torchrun sets it: NCCL between GPUs, gloo between CPUs.
    """
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": str(number),
        "MASTER_ADDR": HOST,
        "MASTER_PORT": str(port),
        "TORCHELASTIC_USE_AGENT_STORE": "True",  # the place is kept by who started the processes
    }
    if sys.platform == "linux":
        # Else gloo looks for the network that the machine's name stands for.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    on_gpu = torch.device(device).type == "cuda"
    dist.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    return Ranks(rank, number)
