"""What an exported network sees of an image, and what its answers are called: `preprocessing.json`.

For whoever has the folder and not ablate: plain values, and a recipe in a few lines on the card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ablate.cells import SHORT_SIDE, STREAMED
from ablate.networks import Architecture

PREPROCESSING = "preprocessing.json"
# What `data.opening` does, without ablate. Pillow's own conversion to RGB makes most greys
# of 16 bits white, and shows what transparency hides.
_OPENED = (
    'photo = ImageOps.exif_transpose(Image.open("photo.jpg"))  # upright',
    'if photo.mode.startswith("I"):  # greys of 16 bits; those of 32 were refused in training',
    "    greys = (np.asarray(photo).astype(int) + 128) // 257",
    "    photo = Image.fromarray(greys.astype(np.uint8))",
    "if photo.has_transparency_data:  # lies on white",
    '    photo = photo.convert("RGBA")',
    '    photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo)',
    'photo = photo.convert("RGB")',
)


def preprocessing(
    architecture: Architecture,
    data: Mapping[str, Any],
    result: Mapping[str, Any],
    names: Sequence[str],
) -> dict[str, Any]:
    """A cell's network, data and result -> the content of preprocessing.json.

    `resize` is of the short side, in pixels, and null where images come in their size; `crop` is
    the side of the square in the middle; mean and std are of pixels in 0..255, a number a channel;
    `classes` are by number, null where they have no names.
    """
    size = architecture.image_size
    assert size is not None
    photographs = data["dataset"] in STREAMED
    return {
        "channels": architecture.in_channels,
        "resize": round(size * SHORT_SIDE) if photographs else None,
        "interpolation": "bicubic" if photographs else None,
        "crop": size,
        **result["normalisation"],
        "classes": list(names) or None,
    }


def how_to_use(seen: Mapping[str, Any], version: str) -> list[str]:
    """Lines of Markdown: code that loads the network, and of photographs code that names one."""
    lines = [
        "```python",
        f"# ablate {version} is installed from the folder of its source: pip install FOLDER",
        "# It is not on PyPI, where `ablate` is another project.",
        "import ablate",
        "",
        'module = ablate.load("this folder")  # eval mode, on the CPU',
        "```",
    ]
    if seen["resize"] is None:
        return lines
    answer = 'seen["classes"][number]' if seen["classes"] else "number"
    return [
        *lines[:-1],
        "",
        "# A photograph as it was seen in training, and what the network takes it for:",
        "import json",
        "",
        "import numpy as np",
        "import torch",
        "from PIL import Image, ImageOps",
        "from torchvision.transforms.v2 import InterpolationMode, functional",
        "",
        f'with open("this folder/{PREPROCESSING}", encoding="utf-8") as file:',
        "    seen = json.load(file)",
        *_OPENED,
        'photo = functional.resize(photo, [seen["resize"]], InterpolationMode.BICUBIC)',
        'pixels = functional.pil_to_tensor(functional.center_crop(photo, [seen["crop"]]))',
        'mean, std = (torch.tensor(seen[key])[:, None, None] for key in ("mean", "std"))',
        "with torch.inference_mode():",
        "    number = int(module(((pixels - mean) / std)[None]).argmax())",
        f"print({answer})",
        "```",
    ]
