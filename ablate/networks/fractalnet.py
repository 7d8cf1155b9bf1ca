"""FractalNet: arXiv 1605.07648, columns of 1, 2, 4, ... convs that meet in means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ablate.networks.architecture import Architecture, Network, too_many
from ablate.text import ListOf, Positive, Share, Width, check_rules, is_number, show

MOST_COLUMNS = 10  # the last one has 2^9 convs in a row


def _shares(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    if not items or any(not is_number(p) or not 0 <= p < 1 for p in items):
        raise ValueError(f"must be a number >= 0 and < 1 or a list of them, got {show(value)}")
    return tuple(map(float, value)) if isinstance(value, list | tuple) else float(value)


_SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
Shares = Annotated[
    float | tuple[float, ...],
    BeforeValidator(_shares),
    WithJsonSchema({"oneOf": [_SHARE, {"type": "array", "minItems": 1, "items": _SHARE}]}),
]


@dataclass(frozen=True)
class FractalBlock:
    """One fractal, spelled out; a 2x2 max pool follows."""

    in_channels: int
    out_channels: int
    dropout: float


@dataclass(frozen=True)
class FractalNetwork(Network):
    """A FractalNet as lists: what the builder follows."""

    columns: int
    blocks: tuple[FractalBlock, ...]
    drop_path: float
    init: Literal["he_fan_out", "he_fan_in"]

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "fractalnet",
            "input": [self.in_channels, self.image_size, self.classes],
            "columns": self.columns,
            "blocks": [block.out_channels for block in self.blocks],
        }
        dropout = [block.dropout for block in self.blocks]
        settings = {
            "dropout": dropout if any(dropout) else None,
            "drop_path": self.drop_path or None,
            "init": None if self.init == "he_fan_in" else self.init,
        }
        return plain | {key: value for key, value in settings.items() if value is not None}


class FractalNet(Architecture):
    """FractalNet of some blocks; the default is Table 2's FractalNet-21.

    The paper's other row, with dropout and drop-path, has `dropout: [0, 0.1, 0.2, 0.3, 0.4]` and
    `drop_path: 0.15`. Both need long trainings: at first the columns are unlike, so that the mean
    of all is not what batch norm's running statistics were taken of, and the evaluated error stays
    near chance for some epochs.
    """

    family: Literal["fractalnet"] = "fractalnet"
    columns: Annotated[Positive, Field(le=MOST_COLUMNS)] = 3
    """The last one has 2^(columns-1) convs."""
    block_channels: Annotated[ListOf[Width], Field(min_length=1)] = (64, 128, 256, 512, 512)
    """Maps of each block."""
    dropout: Shares = 0.0
    """Behind every conv of a block; a list has one per block."""
    drop_path: Share = 0.0
    """Of a join's input, in half of the steps; the others train one column."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_in"
    """The paper: Xavier's, also by fan-in."""

    @model_validator(mode="after")
    def _rules(self) -> FractalNet:
        check_rules(filter(None, [self._dropout_fault(), self._drop_path_fault(), self._size()]))
        return self

    def _dropout_fault(self) -> tuple[str, str] | None:
        blocks = len(self.block_channels)
        if not isinstance(self.dropout, tuple) or len(self.dropout) == blocks:
            return None
        rule = f"must have {blocks} entries, one per block"
        return "dropout", f"{rule}, got {len(self.dropout)}"

    def _drop_path_fault(self) -> tuple[str, str] | None:
        if self.columns > 1 or self.drop_path == 0:
            return None
        return "drop_path", f"must be 0 with one column, got {self.drop_path:g}"

    def _size(self) -> tuple[str, str] | None:
        message = too_many(len(self.block_channels) * (2**self.columns - 1))
        return ("block_channels", message) if message else None

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        return {"columns": range(1 if not settings.get("drop_path") else 2, 7)}

    def vanishing(self) -> list[tuple[str, str]]:
        assert self.image_size is not None
        blocks = len(self.block_channels)
        if self.image_size >> blocks >= 1:
            return []
        rule = f"must be >= {2**blocks} for {blocks} blocks, or a feature map vanishes"
        return [("image_size", f"{rule}, got {self.image_size}")]

    def network(self) -> FractalNetwork:
        in_channels, classes, image_size = self.resolved_input()
        made = self.block_channels
        dropout = self.dropout
        shares = dropout if isinstance(dropout, tuple) else (dropout,) * len(made)
        read = (in_channels, *made[:-1])
        return FractalNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            columns=self.columns,
            blocks=tuple(map(FractalBlock, read, made, shares)),
            drop_path=self.drop_path,
            init=self.init,
        )
