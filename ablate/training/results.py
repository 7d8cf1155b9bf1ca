"""What training tells: epochs, how far it is, and a finished cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from ablate.cells import Predictions


@dataclass(frozen=True)
class Epoch:
    """A row of the curve. Errors are in percent."""

    epoch: int  # from 1
    train_loss: float  # mean of what the epoch's steps lower, smoothing and companions included
    train_error: float  # of mixed images: against the label of what most of each is
    # Of the evaluated split, or of the held-out images that pick the epoch; None where these were
    # not looked at.
    loss: float | None
    error: float | None
    lr: float  # at the epoch's last step
    seconds: float  # training and evaluation


@dataclass(frozen=True)
class Progress:
    """How far a cell is, for people to watch."""

    epoch: float  # 2.5: in the middle of the third
    epochs: int
    error: float | None  # the last that is known
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class Fit:
    """A finished cell."""

    module: nn.Module  # of the reported epoch, in eval mode, on its device
    curve: tuple[Epoch, ...]
    split_sha256: str
    epoch: int  # the one that is reported: the last, unless the recipe picks
    data_note: str  # what is to be said of the images
    predictions: Predictions  # of the evaluated images, by the reported epoch
    # Further errors in percent by their names in the results, of images that stream from files.
    more_errors: Mapping[str, float] = field(default_factory=dict)
    # Where the epoch was picked by the curve's errors: loss and error of the test set.
    test: tuple[float, float] | None = None

    @property
    def error(self) -> float:
        """Percent, of the reported epoch."""
        return self.test[1] if self.test else known(self.curve[self.epoch - 1].error)

    @property
    def loss(self) -> float:
        """Cross-entropy in nats without smoothing, of the reported epoch."""
        return self.test[0] if self.test else known(self.curve[self.epoch - 1].loss)

    @property
    def train_seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.curve)


def known(value: float | None) -> float:
    """Of an epoch that was evaluated: the last always is, and one that is picked."""
    assert value is not None
    return value
