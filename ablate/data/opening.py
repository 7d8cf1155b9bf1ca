"""An image file -> its pixels as people see them: RGB, 8 bits, upright."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from ablate.errors import MissingDataError

# What Pillow raises for files that are no image, or only a part of one.
UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
# Pillow's names of pixels -> what they are, where nothing says how bright the brightest is.
REFUSED = {"I": "whole numbers of 32 bits", "F": "floating-point numbers"}
SIXTEEN_BITS = 257  # 65535 / 255
WHITE = (255, 255, 255, 255)
# EXIF's orientation -> what undoes it. Pillow's `exif_transpose` would also write the EXIF anew,
# which fails where a part of it is damaged that nobody needs.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def opened(path: Path) -> Image.Image:
    """A file -> an RGB image, turned as its EXIF orientation says.

    Greys of 16 bits are scaled to 8, palettes and CMYK become RGB, what is transparent lies on
    white. Colour profiles are not applied; of several frames it is the first. Raises
    MissingDataError for a file that is no image or only a part of one, and for pixels that have no
    scale.
    """
    try:
        with Image.open(path) as image:
            image.load()
            turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
            rgb = _rgb(_of_8_bits(image))
    except UNREADABLE as error:
        raise MissingDataError(f"{path} cannot be read as an image: {error}") from None
    return rgb.transpose(turn) if turn is not None else rgb


def _of_8_bits(image: Image.Image) -> Image.Image:
    """Pillow's own conversion of greys clips everything above 255 to white."""
    # PNG and PGM files of 16 bits come as 32 in some versions.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        pixels: NDArray[Any] = np.asarray(image).astype(np.int64)
        return Image.fromarray(((pixels + SIXTEEN_BITS // 2) // SIXTEEN_BITS).astype(np.uint8))
    if image.mode in REFUSED:
        raise ValueError(
            f"its pixels are {REFUSED[image.mode]} (mode {image.mode}); save it with 8 or 16 bits"
        )
    return image


def _rgb(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)
    return image.convert("RGB")
