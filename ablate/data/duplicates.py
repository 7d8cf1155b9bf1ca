"""Images that are evaluated though they are trained on: counted, and told with every result."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Contents = NDArray[Any]  # a number for each image, equal for equal images
Labels = NDArray[Any]


def contents_of(images: NDArray[np.uint8]) -> Contents:
    """(N, H, W, C) -> (N,), equal for equal images; other numbers in another process."""
    return np.fromiter((hash(image.tobytes()) for image in images), np.int64, len(images))


def duplicates_note(
    known: tuple[Contents, Labels], evaluated: dict[str, tuple[Contents, Labels]]
) -> str:
    """Training images and images that errors are of -> how many of these are among the former.

    Another label is what no equal training image has. Empty where there are none.
    """
    counted, contradicted = [], 0
    for name, (contents, labels) in evaluated.items():
        copies = np.isin(contents, known[0])
        if not copies.any():
            continue
        counted.append(f"{copies.sum():,} of {len(copies):,} {name} images")
        same = {*zip(*(part.tolist() for part in known), strict=True)}
        pairs = zip(contents[copies].tolist(), labels[copies].tolist(), strict=True)
        contradicted += sum(pair not in same for pair in pairs)
    if not counted:
        return ""
    others = f", {contradicted:,} with another label" if contradicted else ""
    return f"{' and '.join(counted)} are among the training images too{others}"
