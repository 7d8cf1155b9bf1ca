"""Architecture -> what a training step of it costs, counted on the meta device: no arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ablate.costs.step import LayerCost, trace_step
from ablate.errors import Fault, SpecError, UsageError
from ablate.models import build, holdable, network_of, random_images
from ablate.networks import Architecture, CodeNetwork, as_architecture
from ablate.text import MOST, Said, Sheet, Shown, count, size


@dataclass(frozen=True)
class Cost(Shown):
    """What an architecture costs. Bytes are of one fp32 training step at `batch_size` images.

    Everything is of the module as it is trained, with its companions if it has any.
    """

    params: int
    macs: int  # per image: multiply-adds of convs and linear layers, each counted once
    saved_bytes: int  # kept for backward
    peak_bytes: int  # the most alive at once, with parameters, gradients and momentum
    batch_size: int
    layers: tuple[LayerCost, ...]  # in forward order; macs per image, saved_bytes of the batch

    @property
    def flops(self) -> int:
        """Per image, as the DenseNet papers count: two per multiply-add."""
        return 2 * self.macs

    @property
    def sheet(self) -> Sheet:
        """A row per layer that has parameters, arithmetic or memory; the last is their sum."""
        rows = [
            [layer.name, layer.kind, " x ".join(map(str, layer.shape)), *_numbers(layer)]
            for layer in self.layers
            if layer.params or layer.macs or layer.saved_bytes
        ]
        heads = ["layer", "kind", "output", "params", "MACs", "saved"]
        return Sheet((heads, [*rows, ["all", "", "", *_numbers(self)]]), "", words=heads[:3])

    @property
    def total(self) -> str:
        """The line below the table."""
        return (
            f"{self.params:,} parameters; {count(self.macs)} MACs, {count(self.flops)} FLOPs an "
            f"image; a step of {self.batch_size} images saves {size(self.saved_bytes)} for "
            f"backward and needs {size(self.peak_bytes)}"
        )

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        yield from (self.sheet, self.total)


def _numbers(of: LayerCost | Cost) -> list[str]:
    return [
        Said.of(f"{of.params:,}", of.params),
        Said.of(f"{of.macs:,}", of.macs),
        Said.of(size(of.saved_bytes), of.saved_bytes),
    ]


def cost(architecture: Architecture | Mapping[str, Any], *, batch_size: int = 64) -> Cost:
    """Architecture, resolved or not, or the plain map of one -> the cost of its `fast` module.

    Definitions of the two byte counts: `trace_step`. Raises UsageError for a batch without images,
    SpecError for an architecture that cannot be.
    """
    if not 1 <= batch_size <= MOST:
        raise UsageError(f"batch_size: must be >= 1 and <= {MOST}, got {batch_size}")
    architecture = as_architecture(architecture)
    module = build(architecture, memory="fast", device="meta")
    with holdable(architecture), _tellable(architecture, batch_size):
        images = random_images(architecture, batch_size, device="meta")
        step = trace_step(module, images)
    return Cost(
        params=step.params,
        macs=step.macs // batch_size,
        saved_bytes=step.saved_bytes,
        peak_bytes=step.peak_bytes,
        batch_size=batch_size,
        layers=step.layers,
    )


@contextmanager
def _tellable(architecture: Architecture, batch_size: int) -> Iterator[None]:
    """What code that is not ours raises in a training step, as a SpecError."""
    try:
        yield
    except Exception as error:
        network = network_of(architecture)
        if not isinstance(network, CodeNetwork):
            raise
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        message = f"fails in a training step with a batch of {batch_size}: {why}"
        raise SpecError([Fault(f"family {network.code.name}", message)]) from error
