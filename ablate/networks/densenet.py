"""The DenseNet generator's settings, and the pure rules from settings to layers and widths.

Depth counting and the CIFAR stem: DenseNet, CVPR 2017, arXiv 1608.06993; the ImageNet depths: its
table 1; full connectivity and the exponential growth rate: CondenseNet, arXiv 1711.09224.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ablate.networks.architecture import (
    IMAGENET_INPUT,
    MOST_LAYERS,
    MOST_MAPS,
    Architecture,
    Network,
    off_scale,
    too_many,
)
from ablate.networks.connectivity import Connectivity, Sources, exact, sources
from ablate.text import (
    MOST_WIDTH,
    ListOf,
    Part,
    Positive,
    Width,
    check_rules,
    is_number,
    is_whole,
    show,
)

IMAGENET_DEPTHS = {
    121: (6, 12, 24, 16),
    161: (6, 12, 36, 24),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    264: (6, 12, 64, 48),
}


def _whole_or_list(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    if not items or any(not is_whole(k) or k < 1 for k in items):
        raise ValueError(f"must be a whole number >= 1 or a list of them, got {show(value)}")
    if max(items) > MOST_WIDTH:
        raise ValueError(f"must be <= {MOST_WIDTH}, got {show(value)}")
    return tuple(value) if isinstance(value, list) else value


def _auto_or_share(value: Any) -> Any:
    if value == "auto" or (is_number(value) and 0 <= value < 1):
        return value if value == "auto" else float(value)
    raise ValueError(f"must be auto, or a number >= 0 and < 1, got {show(value)}")


def _stem_channels(value: Any) -> Any:
    if value in ("auto", "2k") or (is_whole(value) and 1 <= value <= MOST_WIDTH):
        return value
    if is_whole(value) and value > MOST_WIDTH:
        raise ValueError(f"must be <= {MOST_WIDTH}, got {show(value)}")
    raise ValueError(f"must be auto, 2k, or a whole number >= 1, got {show(value)}")


_MAPS = {"type": "integer", "minimum": 1, "maximum": MOST_WIDTH}
GrowthRate = Annotated[
    int | tuple[int, ...],
    BeforeValidator(_whole_or_list),
    WithJsonSchema(
        {
            "oneOf": [
                _MAPS,
                {"type": "array", "minItems": 1, "items": _MAPS},
            ]
        }
    ),
]
Dropout = Annotated[
    Literal["auto"] | float,
    BeforeValidator(_auto_or_share),
    WithJsonSchema(
        {"oneOf": [{"const": "auto"}, {"type": "number", "minimum": 0, "exclusiveMaximum": 1}]}
    ),
]
StemChannels = Annotated[
    Literal["auto", "2k"] | int,
    BeforeValidator(_stem_channels),
    WithJsonSchema({"oneOf": [{"enum": ["auto", "2k"]}, _MAPS]}),
]


@dataclass(frozen=True)
class DenseLayer:
    """One layer of a dense block, spelled out."""

    sources: Sources  # 0 is the block's input, s the output of layer s; ascending
    in_channels: int  # maps it reads, over all sources
    bottleneck: int | None  # maps its 1x1 conv makes; None: no 1x1 conv
    growth: int  # maps it adds


@dataclass(frozen=True)
class DenseBlock:
    """A dense block, spelled out."""

    in_channels: int
    layers: tuple[DenseLayer, ...]

    @property
    def out_channels(self) -> int:
        """The block's input and everything its layers added."""
        return self.in_channels + sum(layer.growth for layer in self.layers)


@dataclass(frozen=True)
class DenseNetwork(Network):
    """A DenseNet as lists: what the builder follows."""

    stem: Literal["cifar", "imagenet"]
    stem_channels: int
    blocks: tuple[DenseBlock, ...]
    transitions: tuple[int | None, ...]  # maps its 1x1 conv makes; None: it only pools
    activation_order: Literal["pre", "post"]
    dropout: float
    init: Literal["he_fan_out", "he_fan_in"]

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "densenet",
            "input": [self.in_channels, self.image_size, self.classes],
            "stem": [self.stem, self.stem_channels],
            "blocks": [
                [[list(layer.sources), layer.bottleneck, layer.growth] for layer in block.layers]
                for block in self.blocks
            ],
            "transitions": list(self.transitions),
        }
        neutral = {"activation_order": "pre", "dropout": 0.0, "init": "he_fan_out"}
        settings = {key: getattr(self, key) for key in neutral}
        return plain | {key: v for key, v in settings.items() if v != neutral[key]}


class DenseNet(Architecture):
    """The parametrised DenseNet: every setting of the two papers' ablations."""

    family: Literal["densenet"] = "densenet"
    depth: Positive | None = None
    """L of the paper; either this or block_layers."""
    block_layers: Annotated[ListOf[Positive], Field(min_length=1)] | None = None
    """Layers of each block."""
    growth_rate: GrowthRate = 12
    """Maps each layer adds, k; a list has one per block."""
    growth_schedule: Literal["constant", "exponential"] = "constant"
    """exponential: block m adds 2^(m-1) k maps a layer."""
    bottleneck_width: Width | None = None
    """The 1x1 conv makes width x k maps; null: none."""
    compression: Part = 1.0
    """theta: floor(theta m) of m maps are left after a transition."""
    connectivity: Connectivity = "dense"
    """Which earlier outputs a layer reads."""
    activation_order: Literal["pre", "post"] = "pre"
    """BN-ReLU before or after each conv."""
    dropout: Dropout = "auto"
    """After every conv but the stem."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_out"
    """he_fan_out as the authors' code, he_fan_in as torchvision."""
    stem: Literal["cifar", "imagenet"] = "cifar"
    """cifar: 3x3 conv; imagenet: 7x7 conv of stride 2 and max pool."""
    stem_channels: StemChannels = "auto"
    """Maps the stem makes."""

    @model_validator(mode="after")
    def _rules(self) -> DenseNet:
        check_rules(self._broken())
        return self

    def _broken(self) -> list[tuple[str, str]]:
        broken = []
        depth_fault = self._depth_fault()
        if depth_fault:
            broken.append(depth_fault)
        elif isinstance(self.growth_rate, tuple) and len(self.growth_rate) != len(self._layers()):
            rule = f"must have {len(self._layers())} entries, one per block"
            broken.append(("growth_rate", f"{rule}, got {len(self.growth_rate)}"))
        if isinstance(self.growth_rate, tuple) and self.growth_schedule != "constant":
            message = "exponential derives one per block from a single k; drop it or the list"
            broken.append(("growth_schedule", message))
        if not depth_fault and (widest := max(self._growth())) > MOST_WIDTH:
            rule = f"must add at most {MOST_WIDTH} maps a layer"
            broken.append(("growth_schedule", f"{rule}, got {show(widest)} in the last block"))
        if self.connectivity == "full" and self.compression < 1:
            rule = "must be 1 with full connectivity, whose transitions only pool"
            broken.append(("compression", f"{rule}, got {self.compression:g}"))
        return broken or self._no_maps_left()

    def _depth_fault(self) -> tuple[str, str] | None:
        if (self.depth is None) == (self.block_layers is None):
            got = "neither" if self.depth is None else "both"
            return "depth", f"give either depth or block_layers, got {got}"
        if self.depth is not None and (message := self._indivisible(self.depth)):
            return "depth", message
        if message := too_many(sum(self._layers())):
            return "depth" if self.depth else "block_layers", message
        return None

    def _indivisible(self, depth: int) -> str | None:
        if self.stem == "imagenet":
            valid = ", ".join(map(str, IMAGENET_DEPTHS))
            hint = f"must be one of {valid} with the ImageNet stem (or give block_layers)"
            return None if depth in IMAGENET_DEPTHS else f"{hint}, got {depth}"
        kind = "with" if self.bottleneck_width else "without"
        return off_scale(depth, self._convs_per_layer() * 3, 4, f" {kind} a bottleneck")

    def _no_maps_left(self) -> list[tuple[str, str]]:
        try:
            self._widths()
        except ValueError as error:
            return [("compression", str(error))]
        return []

    def _convs_per_layer(self) -> int:
        return 2 if self.bottleneck_width else 1

    def _layers(self) -> tuple[int, ...]:
        """Layers in each block: three equal ones behind the CIFAR stem, else those of table 1."""
        if self.block_layers is not None:
            return self.block_layers
        assert self.depth is not None
        if self.stem == "imagenet":
            return IMAGENET_DEPTHS[self.depth]
        return ((self.depth - 4) // (3 * self._convs_per_layer()),) * 3

    def _growth(self) -> tuple[int, ...]:
        """k of each block."""
        blocks = len(self._layers())
        if isinstance(self.growth_rate, tuple):
            return self.growth_rate
        factor = 2 if self.growth_schedule == "exponential" else 1
        return tuple(self.growth_rate * factor**block for block in range(blocks))

    def _stem_width(self) -> int:
        """`auto` is the paper's: 2k for DenseNet-BC and for ImageNet, else 16."""
        if isinstance(self.stem_channels, int):
            return self.stem_channels
        is_bc = self.bottleneck_width is not None and self.compression < 1
        if self.stem_channels == "2k" or is_bc or self.stem == "imagenet":
            return 2 * self._growth()[0]
        return 16

    def _widths(self) -> tuple[list[DenseBlock], list[int | None]]:
        """The blocks and transitions. Raises ValueError where compression leaves no map."""
        blocks: list[DenseBlock] = []
        transitions: list[int | None] = []
        width = self._stem_width()
        for count, growth in zip(self._layers(), self._growth(), strict=True):
            if blocks:
                before = blocks[-1].out_channels
                width = floor(exact(self.compression) * before)
                if width < 1:
                    message = f"leaves no map of {before} after block {len(blocks)}"
                    raise ValueError(f"{message}, got {self.compression:g}")
                pools_only = self.connectivity == "full"
                transitions.append(None if pools_only else width)
            blocks.append(DenseBlock(width, self._dense_layers(width, count, growth)))
        return blocks, transitions

    def _dense_layers(self, width: int, count: int, growth: int) -> tuple[DenseLayer, ...]:
        width_of = [width] + [growth] * count  # by source
        bottleneck = self.bottleneck_width * growth if self.bottleneck_width else None
        layers = []
        for number in range(1, count + 1):
            read = sources(self.connectivity, number)
            layers.append(DenseLayer(read, sum(width_of[s] for s in read), bottleneck, growth))
        return tuple(layers)

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        found: dict[str, Sequence[int]] = {"growth_rate": range(1, MOST_MAPS + 1)}
        if settings.get("block_layers") is None:
            step = 6 if settings.get("bottleneck_width") else 3
            depths = range(step + 4, step * (MOST_LAYERS // 3) + 5, step)
            found["depth"] = (*IMAGENET_DEPTHS,) if settings.get("stem") == "imagenet" else depths
        return found

    def usual_input(self) -> dict[str, int]:
        if self.stem == "imagenet":
            return IMAGENET_INPUT
        return super().usual_input()

    def automatic(self, dropout: float) -> dict[str, Any]:
        return {
            "stem_channels": self._stem_width(),
            "dropout": dropout if self.dropout == "auto" else self.dropout,
        }

    def vanishing(self) -> list[tuple[str, str]]:
        assert self.image_size is not None
        halvings = len(self._layers()) - 1
        size = self.image_size
        if self.stem == "imagenet":
            size = (size + 1) // 2  # 7x7 conv, stride 2, padding 3
            size = (size + 1) // 2  # 3x3 max pool, stride 2, padding 1
        if size >> halvings >= 1:
            return []
        smallest = 2**halvings if self.stem == "cifar" else 2 ** (halvings + 2) - 3
        message = f"must be >= {smallest} for {halvings + 1} blocks behind the {self.stem} stem"
        return [("image_size", f"{message}, or a feature map vanishes, got {self.image_size}")]

    def network(self) -> DenseNetwork:
        blocks, transitions = self._widths()
        in_channels, classes, image_size = self.resolved_input()
        if self.dropout == "auto":
            raise ValueError("network() needs a resolved architecture: call resolve() first")
        return DenseNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            stem=self.stem,
            stem_channels=self._stem_width(),
            blocks=tuple(blocks),
            transitions=tuple(transitions),
            activation_order=self.activation_order,
            dropout=self.dropout,
            init=self.init,
        )
