"""What is traced, and how much a step of the paper's network may launch and move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ablate.cells import DATASETS, DatasetFacts

PLAIN = {"family": "densenet", "block_layers": [2, 2]}
BC = {**PLAIN, "bottleneck_width": 4, "compression": 0.5}
BC_LOG = {**BC, "block_layers": [4], "connectivity": "log"}  # layer 4 skips the first
BC_100 = {**BC, "block_layers": [16, 16, 16]}  # DenseNet-BC-100-12


@dataclass(frozen=True)
class TracedCell:
    """A network, a recipe over the defaults, and how it is executed."""

    network: Mapping[str, Any]
    recipe: Mapping[str, Any] = field(default_factory=dict)
    memory: str = "fast"
    channels_last: bool = True
    strict: bool = False
    augment: bool = True
    data: str = "cifar10"
    compared: bool = True  # a second step with a third

    @property
    def facts(self) -> DatasetFacts:
        found = DATASETS[self.data]
        assert found is not None
        return found


CELLS = {
    "bc fast": TracedCell(BC),
    "bc efficient": TracedCell(BC, memory="efficient"),
    "bc log efficient, bf16 in three parts": TracedCell(
        BC_LOG, {"precision": "bf16", "accumulate": 3}, "efficient"
    ),
    "bc log fast, strict, smoothed": TracedCell(BC_LOG, {"label_smoothing": 0.1}, strict=True),
    "bc efficient, strict, NCHW, not augmented": TracedCell(
        BC, memory="efficient", channels_last=False, strict=True, augment=False
    ),
    "bc fast, fp16": TracedCell(BC, {"precision": "fp16"}),
    "bc efficient, fp16 with adamw": TracedCell(
        BC, {"precision": "fp16", "optimizer": "adamw", "lr": 1e-3}, "efficient"
    ),
    "bc fast, cut out, mixed, averaged, clipped": TracedCell(
        BC, {"cutout": 8, "mixup": 0.2, "cutmix": 1.0, "ema_decay": 0.99, "clip_norm": 1.0}
    ),
    "bc efficient, 8 images": TracedCell(BC, {"batch_size": 8}, "efficient"),
    "dense with dropout, adamw": TracedCell(
        {**PLAIN, "dropout": 0.2}, {"optimizer": "adamw", "lr": 1e-3}
    ),
    "dense post-activation, NCHW": TracedCell(
        {**PLAIN, "activation_order": "post"}, channels_last=False
    ),
    "resnet of stochastic depth": TracedCell(
        {"family": "resnet", "depth": 14, "stochastic_depth": 0.5}
    ),
    "resnet_preact, bf16 without momentum": TracedCell(
        {"family": "resnet_preact", "depth": 11},
        {"precision": "bf16", "momentum": 0.0, "nesterov": False},
    ),
    "wide_resnet with dropout": TracedCell(
        {"family": "wide_resnet", "depth": 10, "widen_factor": 2, "dropout": 0.3}
    ),
    "fractalnet with drop-path and dropout": TracedCell(
        {
            "family": "fractalnet",
            "block_channels": [8, 16],
            "columns": 3,
            "drop_path": 0.15,
            "dropout": [0, 0.1],
        }
    ),
    "dsn with companions, bf16 in two parts": TracedCell(
        {"family": "dsn"}, {"precision": "bf16", "accumulate": 2}
    ),
    "highway": TracedCell({"family": "highway"}),
    "nin": TracedCell({"family": "nin"}),
    "all_cnn": TracedCell({"family": "all_cnn"}),
    "imagenet efficient in two parts": TracedCell(
        {**BC, "growth_rate": 32, "stem": "imagenet"},
        {"batch_size": 32, "accumulate": 2},
        "efficient",
        data="imagenet",
    ),
}
# What is compared in others would take as long again here.
PAPER = {
    "BC-100-12 fast": TracedCell(BC_100, compared=False),
    "BC-100-12 fast, bf16": TracedCell(BC_100, {"precision": "bf16"}, compared=False),
    "BC-100-12 efficient": TracedCell(BC_100, memory="efficient", compared=False),
    "BC-100-12 efficient, bf16": TracedCell(
        BC_100, {"precision": "bf16"}, "efficient", compared=False
    ),
}


@dataclass(frozen=True)
class Limit:
    """What a training step may at most launch and move."""

    launches: int
    gigabytes: float


LIMITS = {
    "BC-100-12 fast": Limit(830, 19.1),
    "BC-100-12 fast, bf16": Limit(1_028, 9.6),
    "BC-100-12 efficient": Limit(2_053, 25.6),
    "BC-100-12 efficient, bf16": Limit(2_704, 14.4),
}
