"""Files -> RGB of 8 bits: greys of 16 scaled, upright, what is transparent on white."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ablate.data import opened
from ablate.errors import MissingDataError

RAMP = np.arange(0, 65536, 257, dtype=np.uint16).reshape(16, 16)  # what is 0..255 in 8 bits


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def red(image: Image.Image) -> np.ndarray:
    assert image.mode == "RGB"
    return np.asarray(image)[..., 0]


@pytest.mark.parametrize("ending", ["png", "tif", "pgm"])
def test_greys_of_16_bits_are_scaled(tmp_path: Path, ending: str) -> None:
    found = opened(saved(tmp_path / f"x.{ending}", Image.fromarray(RAMP)))
    assert (red(found) == np.arange(256).reshape(16, 16)).all()
    assert (np.asarray(found) == np.asarray(found)[..., :1]).all()


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_they_are_what_8_bits_of_the_same_are(tmp_path: Path, ending: str) -> None:
    wide = np.random.RandomState(0).randint(0, 65536, (20, 30)).astype(np.uint16)
    one = opened(saved(tmp_path / f"wide.{ending}", Image.fromarray(wide)))
    narrow = Image.fromarray((wide >> 8).astype(np.uint8))
    other = opened(saved(tmp_path / f"narrow.{ending}", narrow))
    assert np.abs(red(one).astype(int) - red(other)).max() <= 1


def test_big_endian_too(tmp_path: Path) -> None:
    """TIFFs of either byte order."""
    path = tmp_path / "x.tif"
    image = Image.frombytes("I;16B", (16, 16), RAMP.astype(">u2").tobytes())
    found = opened(saved(path, image))
    assert (red(found) == np.arange(256).reshape(16, 16)).all()


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        (np.float32, "floating-point numbers (mode F)"),
        (np.int32, "whole numbers of 32 bits (mode I)"),
    ],
)
def test_pixels_without_a_scale_are_refused_by_name(tmp_path: Path, kind: type, named: str) -> None:
    path = saved(tmp_path / "x.tif", Image.fromarray(RAMP.astype(kind)))
    with pytest.raises(MissingDataError) as caught:
        opened(path)
    assert str(caught.value) == (
        f"{path} cannot be read as an image: its pixels are {named}; save it with 8 or 16 bits"
    )


UPRIGHT = np.kron(np.array([[10, 80], [150, 250]], np.uint8), np.ones((8, 12), np.uint8))
# As EXIF has it: which side of the picture the first row and the first column that is stored are.
LYING = {
    "top, left": UPRIGHT,
    "top, right": UPRIGHT[:, ::-1],
    "bottom, right": UPRIGHT[::-1, ::-1],
    "bottom, left": UPRIGHT[::-1],
    "left, top": UPRIGHT.T,
    "right, top": UPRIGHT[:, ::-1].T,
    "right, bottom": UPRIGHT[::-1, ::-1].T,
    "left, bottom": UPRIGHT[::-1].T,
}


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize(("number", "lying"), [*enumerate(LYING.values(), 1)], ids=LYING)
def test_images_are_upright(tmp_path: Path, number: int, lying: np.ndarray, ending: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = number
    options = {"jpg": {"quality": 100}, "webp": {"lossless": True}}.get(ending, {})
    image = Image.fromarray(np.ascontiguousarray(lying)).convert("RGB")
    found = red(opened(saved(tmp_path / f"x.{ending}", image, exif=exif, **options)))
    assert found.shape == UPRIGHT.shape
    assert np.abs(found.astype(int) - UPRIGHT).max() < 12  # of a JPEG's edges


def test_16_bits_lying_on_their_side(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = opened(saved(tmp_path / "x.png", Image.fromarray(RAMP), exif=exif))
    assert (red(found) == np.rot90(np.arange(256).reshape(16, 16), -1)).all()


def test_damaged_exif_is_no_damaged_image(tmp_path: Path) -> None:
    """Its orientation is read, its other entries need not make sense."""
    exif = Image.Exif()
    exif[0x0112], exif[0x8769] = 6, {0x9003: "2020"}
    buffer = io.BytesIO()
    Image.fromarray(UPRIGHT).save(buffer, "JPEG", exif=exif)
    whole = bytearray(buffer.getvalue())
    pointer = whole.index(b"\x69\x87" if b"II*" in whole else b"\x87\x69")
    whole[pointer + 2 : pointer + 4] = b"\x00\x02"  # of text now
    (tmp_path / "x.jpg").write_bytes(bytes(whole))
    assert opened(tmp_path / "x.jpg").size == (16, 24)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P", "L", "RGB"])
def test_what_is_transparent_lies_on_white(tmp_path: Path, mode: str) -> None:
    """By an alpha channel, a transparent colour of a palette, or a transparent colour."""
    base = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    base.paste((200, 200, 200, 255), (0, 0, 2, 4))
    path, options = tmp_path / "x.png", {}
    if mode in ("L", "RGB"):  # black is transparent
        options = {"transparency": 0 if mode == "L" else (0, 0, 0)}
    if mode == "P":
        image = Image.new("P", (4, 4), 1)
        image.putpalette([200, 200, 200, 0, 0, 0])
        image.paste(0, (0, 0, 2, 4))
        options = {"transparency": 1}
    elif mode == "PA":
        path, image = tmp_path / "x.tif", base.convert("LA")
    else:
        image = base.convert(mode)
    found = red(opened(saved(path, image, **options)))
    assert (found[:, :2] == 200).all() and (found[:, 2:] == 255).all()


def test_half_transparent_is_half_white(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.png", Image.new("RGBA", (2, 2), (0, 100, 200, 127)))
    assert np.asarray(opened(path))[0, 0].tolist() == pytest.approx([128, 178, 227], abs=1)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_other_modes_keep_their_colours(tmp_path: Path, mode: str) -> None:
    ending = {"CMYK": "jpg", "YCbCr": "jpg"}.get(mode, "png")
    image = Image.new("RGB", (8, 8), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 4, 8))
    found = red(opened(saved(tmp_path / f"x.{ending}", image.convert(mode))))
    assert (found[:, :4] < 8).all() and (found[:, 4:] > 247).all()


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(MissingDataError) as caught:
        opened(path)
    assert str(caught.value).startswith(f"{path} cannot be read as an image: ")
