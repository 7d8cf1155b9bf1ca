"""What training tells: epochs, how far it is, and a finished cell."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import nn

from ablate.cells import Predictions, Recipe

SECONDS_BETWEEN_REPORTS = 0.5


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


class Reporter:
    """Tells how far a cell is, now and then."""

    def __init__(self, tell: Callable[[Progress], None], recipe: Recipe, images: int) -> None:
        self.tell, self.recipe, self.images = tell, recipe, images  # of an epoch
        self.told = 0.0

    def __call__(self, epoch: float, steps: int, start: float, error: float | None) -> None:
        """`epoch` counts parts of one too; so many `steps` were taken since `start`."""
        now = time.perf_counter()
        if now - self.told < SECONDS_BETWEEN_REPORTS:
            return
        self.told = now
        epochs = self.recipe.epochs
        rate = steps * self.recipe.batch_size / max(now - start, 1e-9)
        seconds_left = (epochs - epoch) * self.images / rate
        self.tell(Progress(epoch, epochs, error, rate, seconds_left))


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
