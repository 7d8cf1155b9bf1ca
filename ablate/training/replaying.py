"""What is replayed as a graph: the steps of a cell, for every size of batch that comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from ablate.cells import Recipe
from ablate.data import Draw, Feed, images_of
from ablate.machine import first_line
from ablate.training.altering import Altered
from ablate.training.capturing import capture_all, unchanged
from ablate.training.execution import Execution, searching
from ablate.training.optimizing import reads_rate
from ablate.training.outcomes import lack_of_memory
from ablate.training.stepping import Step

log = logging.getLogger(__name__)


class Program:
    """A step over draws: sizes that were recorded are replayed, others run kernel by kernel.

    `searched` is the one size, if any, that cuDNN times its kernels for: that takes a while for
    every convolution, which pays for what is most of the work.
    """

    def __init__(self, step: Step, *, searched: int | None = None) -> None:
        self.step, self.searched = step, searched
        self.replays: dict[int, tuple[Draw, Callable[[], None]]] = {}

    def __call__(self, draw: Draw) -> None:
        if images_of(draw) not in self.replays:
            self.run(draw)
            return
        recorded, replay = self.replays[images_of(draw)]
        for mine, part in zip(recorded, draw, strict=True):
            mine.copy_(part, non_blocking=True)
        replay()

    def run(self, draw: Draw) -> None:
        """Kernel by kernel."""
        with searching(images_of(draw) == self.searched):
            self.step(draw)


@dataclass(frozen=True)
class Recording:
    """What a program is to replay: batches of the size of `draw`, which every replay reads."""

    program: Program
    draw: Draw
    ready: Callable[[], object]  # called before: training and evaluation run a module differently

    def body(self) -> None:
        self.ready()
        self.program.run(self.draw)


def record(recordings: Sequence[Recording], device: torch.device) -> None:
    """Have programs replay what recurs; where that is impossible they go on as they are.

    Nothing is trained by it. All of a cell's at once, the largest first, so that they share their
    memory: a smaller batch between replays would come on top of what the graphs hold.
    """
    steps = dict.fromkeys(recording.program.step for recording in recordings)

    def changes() -> Iterator[Tensor]:
        for step in steps:
            yield from step.changes()

    try:
        with unchanged(changes, device):
            replays = capture_all([recording.body for recording in recordings], device)
    except RuntimeError as error:
        if lack_of_memory(error, device):
            raise
        log.warning("capture: steps run kernel by kernel: %s", first_line(error))
        return
    for recording, replay in zip(recordings, replays, strict=True):
        recording.program.replays[images_of(recording.draw)] = recording.draw, replay


def why_not_captured(recipe: Recipe, execution: Execution) -> str:
    """What keeps steps from being replayed as graphs; empty where nothing does."""
    device = torch.device(execution.device)
    if execution.capture == "off":
        return "capture is off"
    if execution.devices_per_cell > 1:
        return "devices that share a cell wait for each other"
    if device.type != "cuda":
        return f"{device.type} has no CUDA graphs"
    return ""


def uncapturable(recipe: Recipe, optimizer: Optimizer, feed: Feed | Altered) -> str:
    """What of a user's code keeps steps from being replayed as graphs; empty where nothing does.

    A graph repeats kernels, and nothing that Python decides, as an augmentation may.
    """
    augmentation = feed.augmentation if isinstance(feed, Altered) else None
    if augmentation and not getattr(augmentation, "capturable", False):
        return f"{recipe.plugged['augmentation'].name} has no attribute `capturable` that is true"
    if "optimizer" in recipe.plugged and not reads_rate(optimizer):
        return f"{recipe.plugged['optimizer'].name} is not capturable"
    return ""
