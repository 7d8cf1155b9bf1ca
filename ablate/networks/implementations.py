"""Implementations of a network, ours and other packages': by name, whose modules, and how run.

`ablate.measuring` makes their modules and steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ablate.text import nearest, show


@dataclass(frozen=True)
class Implementation:
    """Whose modules, and how they are run."""

    package: Literal["ablate", "torchvision", "timm"]
    channels_last: bool = True
    is_efficient: bool = False  # ours: memory mode efficient; theirs: with checkpoints
    is_captured: bool = False  # the whole step as one CUDA graph
    is_compiled: bool = False  # by torch.compile: minutes a network


# All compute the same function.
IMPLEMENTATIONS: Mapping[str, Implementation] = {
    "ablate-fast": Implementation("ablate"),
    "ablate-efficient": Implementation("ablate", is_efficient=True),
    "ablate-captured": Implementation("ablate", is_captured=True),
    "ablate-efficient-captured": Implementation("ablate", is_efficient=True, is_captured=True),
    "torchvision": Implementation("torchvision", channels_last=False),
    "torchvision-channels-last": Implementation("torchvision"),
    "torchvision-memory-efficient": Implementation("torchvision", is_efficient=True),
    "torchvision-compiled": Implementation("torchvision", is_compiled=True),
    "timm": Implementation("timm"),
    "timm-memory-efficient": Implementation("timm", is_efficient=True),
}
# What a measure study takes that names none: what needs no GPU, no other package and no minutes.
USUAL = (
    "ablate-fast",
    "ablate-efficient",
    "torchvision",
    "torchvision-channels-last",
    "torchvision-memory-efficient",
)


def check_implementations(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, if each is known and given once. Raises ValueError."""
    if not names or len(set(names)) < len(names):
        raise ValueError(f"must be different names, at least one, got {show(names)}")
    for name in names:
        if name not in IMPLEMENTATIONS:
            raise ValueError(f"unknown implementation {show(name)}{nearest(name, IMPLEMENTATIONS)}")
    return names
