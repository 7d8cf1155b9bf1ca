"""A function of a user's -> arrays of images and labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ablate.cells import Data
from ablate.data.arrays import KEYS, MASKS, Array, Arrays, checked
from ablate.errors import MissingDataError


def read_code(data: Data, root: Path, download: bool) -> Arrays:
    """What the function of `data.dataset` gives, called with the folder `root` if it takes that.

    It gives arrays by the names that a NAME.npz has, or a pair of training and test images, each a
    sequence of (image, label) as torchvision's datasets are. Raises MissingDataError for what
    is neither, and for whatever it fails of.
    """
    name = data.dataset
    chosen = data.code
    given = {"root": root} if chosen.takes("root") else {}
    try:
        made = chosen.code.make(**given, **chosen.settings)
        named = _by_name(made)
        arrays = {key: np.asarray(named[key]) for key in (*KEYS, *MASKS) if key in named}
    except Exception as error:  # whatever a user's function does
        told = " ".join(str(error).split()) or "without a word"
        raise MissingDataError(f"{name}: {type(error).__name__}: {told}") from error
    return checked(arrays, [*named], name)


def _by_name(made: Any) -> Mapping[str, Any]:
    """Arrays by name. Raises TypeError for what a function may not give."""
    if isinstance(made, Mapping):
        return made
    if isinstance(made, tuple) and len(made) == 2:
        (x_train, y_train), (x_test, y_test) = map(_stacked, made)
        return dict(zip(KEYS, (x_train, y_train, x_test, y_test), strict=True))
    rule = f"must give a map of {', '.join(KEYS)}, or training and test images as a pair"
    raise TypeError(f"{rule}, got {type(made).__name__}")


def _stacked(pairs: Sequence[tuple[Any, Any]]) -> tuple[Array, Array]:
    images, labels = zip(*(pairs[index] for index in range(len(pairs))), strict=True)
    return np.stack([np.asarray(image) for image in images]), np.array(labels)
