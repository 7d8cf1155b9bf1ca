"""Named datasets -> images, splits and hashes; augmentation, in memory on the device."""

from typing import TYPE_CHECKING

from ablate.data.batches import Batches
from ablate.data.draws import Draw, Feed, images_of, sizes_in
from ablate.data.feed import feed
from ablate.data.files import Files
from ablate.data.opening import opened
from ablate.data.sources import Images, facts, load_images
from ablate.data.split import Split, split
from ablate.doors import opened_later

# torchvision takes a second to load, which only photographs need.
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

__getattr__ = opened_later(__name__, __file__)
