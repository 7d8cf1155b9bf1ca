"""Whether images are still those that a run is of: they may change while it goes on."""

from __future__ import annotations

from ablate.cells import Data
from ablate.errors import MissingDataError


def check_same_images(found: str, wanted: str, data: Data) -> None:
    """Raise MissingDataError unless the images of `data` have the digest that they had."""
    if found != wanted:
        raise MissingDataError(
            f"{data.name or data.dataset}: its images have changed since the run was planned "
            f"(content {found}, was {wanted}): put those back and run again, or give the new ones "
            "a folder of their own with --as NAME"
        )
