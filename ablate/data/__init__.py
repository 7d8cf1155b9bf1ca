"""Named datasets -> images, splits and hashes; augmentation, in memory on the device."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ablate.data.batches import Batches
from ablate.data.draws import Draw, Feed, images_of, sizes_in
from ablate.data.feed import feed
from ablate.data.files import Files
from ablate.data.opening import opened
from ablate.data.sources import Images, facts, load_images
from ablate.data.split import Split, split

if TYPE_CHECKING:
    from ablate.data.photos import centre, ten_crops

__all__ = [
    "Batches",
    "Draw",
    "Feed",
    "Files",
    "Images",
    "Split",
    "centre",
    "facts",
    "feed",
    "images_of",
    "load_images",
    "opened",
    "sizes_in",
    "split",
    "ten_crops",
]

# torchvision takes a second to load, which only photographs need.
_LATER = {
    "centre": "photos",
    "ten_crops": "photos",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
