"""Named datasets -> uint8 tensors, splits and hashes; augmentation on the device."""

from ablate.data.batches import Batches
from ablate.data.root import data_root
from ablate.data.sources import Images, facts, load_images
from ablate.data.split import Split, split

__all__ = ["Batches", "Images", "Split", "data_root", "facts", "load_images", "split"]
