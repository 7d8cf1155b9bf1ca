"""How large everything is: on a GPU, and in a rehearsal without one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Networks as `python -m benchmarks` takes them, and how often things are done."""

    device: str
    network: str  # of which steps are timed and profiled
    small: str  # that is compiled
    depths: str  # of the networks whose memory is measured
    in_memory: tuple[str, ...]  # each in a process of its own
    batch_size: int
    rounds: int
    replays: int  # that are profiled
    profile: str  # of the study
    steps_an_epoch: int  # of its largest network
    most_epochs: int
    patience: float  # how many times its limit a stage may take


FULL = Sizes(
    device="cuda:0",
    network="{family: densenet, depth: 100, bottleneck_width: 4, compression: 0.5}",
    small="{family: densenet, depth: 40, bottleneck_width: 4, compression: 0.5}",
    depths="100",
    in_memory=("ablate-fast", "ablate-efficient", "torchvision", "torchvision-memory-efficient"),
    batch_size=64,
    rounds=5,
    replays=5,
    profile="",
    steps_an_epoch=704,  # of 45,000 images
    most_epochs=30,
    patience=1.0,
)
TINY = Sizes(
    device="cpu",
    network="{family: densenet, depth: 16, growth_rate: 4, bottleneck_width: 4, compression: 0.5}",
    small="{family: densenet, block_layers: [1], growth_rate: 4, bottleneck_width: 4}",
    depths="16",
    in_memory=("ablate-efficient",),
    batch_size=4,
    rounds=2,
    replays=2,
    profile="smoke",
    steps_an_epoch=4,
    most_epochs=300,  # more than there is time for: the study is told to end
    patience=10.0,  # of two cores that others use too
)
