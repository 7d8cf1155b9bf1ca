"""Implementations of a network that a measure study may name; `ablate.bench` has their modules."""

from __future__ import annotations

from ablate.spec.validating import nearest, show

# Name -> what it is. All compute the same function.
IMPLEMENTATIONS: dict[str, str] = {
    "ablate-fast": "ours, layer by layer",
    "ablate-efficient": "ours, which keeps every map of a dense block once",
    "ablate-captured": "ours, the whole step as one CUDA graph",
    "ablate-efficient-captured": "ours, efficient and captured",
    "torchvision": "torchvision's as it comes, maps contiguous",
    "torchvision-channels-last": "torchvision's with the memory format that convs like best",
    "torchvision-memory-efficient": "torchvision's with checkpoints",
    "torchvision-compiled": "torchvision's through torch.compile: minutes a network",
    "timm": "timm's, if it is installed",
    "timm-memory-efficient": "timm's with checkpoints",
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
