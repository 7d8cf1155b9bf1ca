"""Named datasets -> images, splits and hashes; augmentation, in memory on the device."""

from ablate.data.batches import Batches
from ablate.data.draws import Draw, Feed, images_of, sizes_in
from ablate.data.feed import feed
from ablate.data.files import Files
from ablate.data.root import data_root
from ablate.data.sources import Images, facts, load_images
from ablate.data.split import Split, split

__all__ = [
    "Batches",
    "Draw",
    "Feed",
    "Files",
    "Images",
    "Split",
    "data_root",
    "facts",
    "feed",
    "images_of",
    "load_images",
    "sizes_in",
    "split",
]
