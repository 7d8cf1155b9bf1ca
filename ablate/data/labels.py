"""What labels must be, of arrays and of folders alike: numbers of classes that can be learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[Any]
_MOST = 5  # classes that a message names


def label_faults(
    where: str, train: Labels, evaluated: Mapping[str, Labels], names: Sequence[str] = ()
) -> list[str]:
    """Training labels, found at `where`, and labels that errors are of -> what is wrong with them.

    There must be two classes or more, numbered from 0 without gaps, and every class that is
    evaluated must have a training image. `names` are of classes that were numbered by us.
    """
    found: list[int] = np.unique(train).tolist()
    if len(names or found) < 2:
        one = f", got {_some(found, names)} alone" if found else ""
        return [f"{where}: needs images of two classes or more{one}"]
    if missing := sorted({*range(len(names))} - {*found}):
        return [f"{where}: classes without an image: {_some(missing, names)}"]
    faults = [] if found == [*range(len(found))] else [f"{where}: {_renumbered(found)}"]
    for place, labels in evaluated.items():
        if unknown := sorted({*np.unique(labels).tolist()} - {*found}):
            classes = _some(unknown, names)
            faults.append(f"{place}: classes that no training image has: {classes}")
    return faults


def _renumbered(found: Sequence[int]) -> str:
    """The rule, what there is instead, and how it is mended."""
    rule = f"labels must be 0 to {len(found) - 1} without gaps, got {_some(found, ())}"
    if found == [*range(found[0], found[0] + len(found))]:
        return f"{rule}; subtract {found[0]} from y_train and y_test"
    return f"{rule}; numpy.searchsorted(numpy.unique(y_train), y) numbers y_train and y_test"


def _some(numbers: Sequence[int], names: Sequence[str]) -> str:
    shown = ", ".join(names[n] if names else str(n) for n in numbers[:_MOST])
    return shown + (f" and {len(numbers) - _MOST} more" if len(numbers) > _MOST else "")
