"""Whether images are still those that a run is of: they may change while it goes on."""

from __future__ import annotations

from ablate.cells import Data
from ablate.data import load_images, split
from ablate.errors import MissingDataError
from ablate.records import Plan
from ablate.workers.options import RunOptions


def check_images(plan: Plan, options: RunOptions) -> tuple[str, str]:
    """The digest of the images, which must be those of the plan, and a note on them, or none.

    Raises MissingDataError, so that missing data ends a run before it begins, and nothing is
    downloaded later. They are gone afterwards, gigabytes perhaps: workers read them themselves.
    """
    data, recipe = plan.study.file.data, plan.study.file.recipe
    images = load_images(data, options.data_root, download=options.download)
    if plan.dataset:
        check_same_images(images.facts.fingerprint, plan.dataset, data)
    parts = split(images.y_train, data, images.facts, picks=recipe.picks(data))
    return images.sha256, images.note_on(parts)


def check_same_images(digest: str, wanted: str, data: Data) -> None:
    """Raise MissingDataError unless the images of `data` have the digest that they had."""
    if digest != wanted:
        raise MissingDataError(
            f"{data.name or data.dataset}: its images have changed since the run was planned "
            f"(content {digest}, was {wanted}): put those back and run again, or give the new ones "
            "a folder of their own with --as NAME"
        )
