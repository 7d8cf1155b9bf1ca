"""What a cell answered, image by image: the file that keeps it, and the errors it comes to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.errors import DamagedCell

if TYPE_CHECKING:  # this room is read by every verb, and few need numbers
    import numpy as np
    from numpy.typing import NDArray

PREDICTIONS = "predictions.safetensors"


@dataclass(frozen=True)
class Predictions:
    """Of every evaluated image, in the order of its split, what it is and what it was taken for.

    Arrays (images,) of numbers of classes.
    """

    labels: NDArray[Any]
    predicted: NDArray[Any]
    classes: int
    names: tuple[str, ...] = ()  # of the classes, where they are known
    # By the mean over ten crops, of images that stream from files.
    ten_crop: NDArray[Any] | None = None

    @property
    def error(self) -> float:
        """Percent."""
        return 100 * int((self.predicted != self.labels).sum()) / len(self.labels)

    def confusion(self) -> NDArray[np.int64]:
        """How many images of class i were taken for class j, at (i, j)."""
        import numpy as np

        pairs = self.labels.astype(np.int64) * self.classes + self.predicted
        return np.bincount(pairs, minlength=self.classes**2).reshape(self.classes, self.classes)

    def name(self, number: int) -> str:
        """What a class is called: its name, else its number."""
        return self.names[number] if self.names else str(number)

    def packed(self, key: str) -> bytes:
        """The content of the file of cell `key`."""
        import numpy as np
        from safetensors.numpy import save

        smallest = np.uint8 if self.classes <= 256 else np.uint16
        arrays = {"labels": self.labels, "predicted": self.predicted}
        if self.ten_crop is not None:
            arrays["ten_crop"] = self.ten_crop
        about = {"key": key, "classes": str(self.classes), "names": json.dumps(self.names)}
        return save({name: a.astype(smallest) for name, a in arrays.items()}, metadata=about)


def read_predictions(folder: Path, key: str) -> Predictions | None:
    """The predictions in the folder of cell `key`; None where a version kept none.

    Raises DamagedCell for a file that is not whole, or another cell's.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / PREDICTIONS
    if not path.exists():
        return None
    try:
        with safe_open(path, "numpy") as stored:
            about, names = stored.metadata() or {}, set(stored.keys())
            arrays = {name: stored.get_tensor(name) for name in names}
        found = Predictions(
            arrays["labels"],
            arrays["predicted"],
            int(about["classes"]),
            tuple(json.loads(about["names"])),
            arrays.get("ten_crop"),
        )
    except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
        raise DamagedCell(f"{path}: is damaged: {error}") from None
    if about.get("key") != key:
        raise DamagedCell(f"{path}: is of cell {about.get('key')!r}, not of {key}")
    if fault := _fault(found):
        raise DamagedCell(f"{path}: {fault}")
    return found


def _fault(found: Predictions) -> str:
    arrays = [found.labels, found.predicted]
    arrays += [found.ten_crop] if found.ten_crop is not None else []
    if not len(found.labels) or any(a.shape != found.labels.shape or a.ndim != 1 for a in arrays):
        return "must hold a label and an answer for each image"
    if any(a.dtype.kind != "u" or a.max() >= found.classes for a in arrays):
        return f"must hold classes below {found.classes}"
    return ""
