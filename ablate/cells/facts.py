"""What is known of a dataset before it is opened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingPart:
    """Training images that are held out from by themselves, of each class as many."""

    images: int
    hold_out: int  # where the dataset's usual number is held out


@dataclass(frozen=True)
class DatasetFacts:
    """What a dataset's name stands for. Pixels are uint8, so means and deviations are in 0..255."""

    channels: int
    image_size: int  # height = width, in pixels
    classes: int
    train_images: int
    test_images: int
    hold_out: int  # images of the training set that validate
    pad: int  # augmentation: border in pixels before the random crop
    flip: bool  # augmentation: mirror half of the images
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fingerprint: str = ""  # of the content, where the name alone does not say what is in it
    # Files of any size, read by the batch. Augmentation: a crop of any size and shape, and other
    # light; else the middle of the image, as it is for evaluation.
    streamed: bool = False
    # Of training images that are of several kinds: these lie one behind the other, and the
    # `hold_out` of all is shared among them. Else it is drawn from all, each class by its share.
    parts: tuple[TrainingPart, ...] = ()

    @property
    def has_own_hold_out(self) -> bool:
        """Whether the dataset says itself which images validate: a part is held out whole."""
        return any(part.hold_out == part.images for part in self.parts)

    @property
    def most_held_out(self) -> int:
        """So many that each part has its share of them, and that an image of each class is left."""
        shares = (p.images * self.hold_out // p.hold_out for p in self.parts if p.hold_out)
        return min([self.train_images - self.classes, *shares])
