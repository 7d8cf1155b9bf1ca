"""What every architecture has, whatever its family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from ablate.text import Frozen, Pixels, Width, check_rules

MOST_LAYERS = 2_000  # a typo such as depth: 1000000 is a message, not a frozen computer
MOST_MAPS = 1_024  # that a width is solved up to
IMAGENET_INPUT = {"in_channels": 3, "classes": 1000, "image_size": 224}


@dataclass(frozen=True)
class Network(ABC):
    """An architecture spelled out as widths and lists: what a builder follows and a key hashes.

    Two spellings of one network are equal here.
    """

    in_channels: int
    classes: int
    image_size: int

    @abstractmethod
    def canonical(self) -> dict[str, Any]:
        """A plain map for hashing, without the fields that are at their neutral value."""


def too_many(layers: int) -> str | None:
    """The message for a network nobody can mean; None for any other."""
    if layers <= MOST_LAYERS:
        return None
    return f"must come to at most {MOST_LAYERS} layers, got {layers}"


def off_scale(depth: int, step: int, rest: int, when: str = "") -> str | None:
    """The message for a depth that is not `step` n + `rest` with n >= 1, with the nearest ones.

    `when` ends the rule: " with block: basic".
    """
    count, left = divmod(depth - rest, step)
    if count >= 1 and left == 0:
        return None
    near = " and ".join(str(step * n + rest) for n in (count, count + 1) if n >= 1)
    rule = f"must be {step}n + {rest}{when}"
    return f"{rule}, got {depth}; nearest: {near or step + rest}"


class Architecture(Frozen):
    """One network, fully described: a family and its settings.

    Equal values build equal networks.
    """

    family: str
    """Which generator; each family narrows this to its own name."""
    in_channels: Width | None = None
    """Image channels; null: the data's."""
    classes: Width | None = None
    """null: the data's."""
    image_size: Pixels | None = None
    """Height and width in pixels; null: the data's."""

    def resolve(
        self,
        *,
        in_channels: int | None = None,
        classes: int | None = None,
        image_size: int | None = None,
        dropout: float = 0.0,
    ) -> Self:
        """The same architecture with everything that depends on data or recipe filled in.

        The arguments are the data's; where data is silent (None) the family's usual input counts.
        `dropout` is what `dropout: auto` becomes. Raises RuleErrors for a contradiction between
        the settings and the data, and for a feature map that would vanish.
        """
        given = {"in_channels": in_channels, "classes": classes, "image_size": image_size}
        usual = self.usual_input()
        found: dict[str, Any] = {}
        broken = []
        for key, from_data in given.items():
            written = getattr(self, key)
            if written is not None and from_data is not None and written != from_data:
                broken.append((key, f"must be {from_data} as in the data, got {written}"))
            found[key] = next(v for v in (written, from_data, usual[key]) if v is not None)
        check_rules(broken)
        resolved = self.model_copy(update={**found, **self.automatic(dropout)})
        check_rules(resolved.vanishing())
        return resolved

    def trained(self) -> Self:
        """The same network for whom has all its weights: it needs no file to begin with."""
        return self

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        """Settings that make a network larger step by step -> their valid values, ascending.

        `settings` are the others, as written. Where more than a few values are valid, every cost
        must rise with them. A `match` can solve what is named here.
        """
        return {}

    @classmethod
    def usual(cls, scale: str, settings: Mapping[str, Any]) -> int | None:
        """Where on a scale a search begins: the setting's default, if that is a number.

        `settings` are the others, as written.
        """
        default = cls.model_fields[scale].default
        return default if isinstance(default, int) else None

    def usual_input(self) -> dict[str, int]:
        """What stands for the data where there is none: CIFAR-10's shape."""
        return {"in_channels": 3, "classes": 10, "image_size": 32}

    def automatic(self, dropout: float) -> dict[str, Any]:
        """The values that this family's `auto` settings take."""
        return {}

    def vanishing(self) -> list[tuple[str, str]]:
        """Broken rules of a resolved architecture: feature maps that would have no pixel left."""
        return []

    def resolved_input(self) -> tuple[int, int, int]:
        """(in_channels, classes, image_size). Raises ValueError before `resolve()`."""
        if self.in_channels is None or self.classes is None or self.image_size is None:
            raise ValueError("network() needs a resolved architecture: call resolve() first")
        return self.in_channels, self.classes, self.image_size

    @abstractmethod
    def network(self) -> Network:
        """Settings -> explicit lists. Only for a resolved architecture."""
