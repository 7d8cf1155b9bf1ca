"""How a figure is written: in which formats, how large, with its caption or without."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.drawing import Page, rearrange
from ablate.errors import MachineError, UsageError
from ablate.machine import replacing
from ablate.text import nearest

# Without a date, the same numbers give the same file.
FORMATS: dict[str, dict[str, Any]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
_USUAL = ("png", "svg")
_CAPTION_KEYS = {"png": "Description", "svg": "Description", "pdf": "Subject"}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)?")
_LEAST, _MOST = 1.5, 20.0  # inches: what text needs, and what a pixel image may come to
_MM = 25.4  # an inch


@dataclass(frozen=True)
class Form:
    """What the files of a figure are. Raises UsageError for what they cannot be."""

    format: str = ""  # of `FORMATS`; without one what `out` ends in, or png and svg
    size: str = ""  # of the whole figure: `3.4x2.6` in inches, `86x66mm`; without one as it comes
    caption: bool = True

    def __post_init__(self) -> None:
        if self.format and self.format not in FORMATS:
            hint = nearest(self.format, FORMATS)
            raise UsageError(f"--format: unknown value `{self.format}`{hint}")
        _ = self.inches

    @property
    def inches(self) -> tuple[float, float] | None:
        """Width and height; None: as they come."""
        if not self.size:
            return None
        if not (found := _SIZE.fullmatch(self.size.strip().lower())):
            raise UsageError(
                "--size: must be WIDTHxHEIGHT in inches, or in mm with that behind it, "
                f"e.g. 3.4x2.6 or 86x66mm, got `{self.size}`"
            )
        width, height = (
            float(each) / (_MM if found[3] == "mm" else 1) for each in found.group(1, 2)
        )
        if not all(_LEAST <= side <= _MOST for side in (width, height)):
            ends = f"{_LEAST:g} to {_MOST:g} inches ({_LEAST * _MM:.0f} to {_MOST * _MM:.0f} mm)"
            raise UsageError(f"--size: either must be {ends}, got `{self.size}`")
        return width, height

    def is_file(self, out: Path) -> bool:
        """Whether `out` names one file, and no folder. Raises UsageError for other formats."""
        ending = _ending(out)
        if out.is_dir() or not ending:
            return False
        if ending not in FORMATS:
            *others, last = (f".{known}" for known in FORMATS)
            valid = f"{', '.join(others)} or {last}"
            raise UsageError(f"--out: must be a folder, or a file that ends in {valid}, got {out}")
        if self.format and ending != self.format:
            raise UsageError(f"--format: is {self.format}, but --out is {out}")
        return True

    def files(self, out: Path, stem: str) -> dict[Path, str]:
        """What to write -> in which format; `stem` names what is in a folder."""
        if self.is_file(out):
            return {out: _ending(out)}
        formats = (self.format,) if self.format else _USUAL
        return {out / f"{stem}.{ending}": ending for ending in formats}

    def arrange(self, page: Page) -> None:
        """Give a drawn figure this size, and its caption or none.

        Raises UsageError where its panels have no room.
        """
        if not self.size and self.caption:
            return
        rearrange(page, self.inches, with_caption=self.caption)
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "constrained_layout not applied")
            try:
                page.draw_without_rendering()
            except UserWarning:
                raise UsageError(f"--size: `{self.size}` leaves no room for the panels") from None

    def save(self, page: Page, path: Path, ending: str, hint: str) -> None:
        """Write a figure to a file, which is replaced; a caption left out is in its metadata.

        Raises MachineError, with the `hint`, where nothing can be written.
        """
        about = dict(FORMATS[ending])
        if not self.caption:
            about[_CAPTION_KEYS[ending]] = page.caption
        try:
            with replacing(path) as temporary:
                page.savefig(temporary, format=ending, metadata=about)
        except OSError as error:
            raise MachineError(f"{path.parent}: {error.strerror}{hint}") from None


def _ending(out: Path) -> str:
    return out.suffix.lower().removeprefix(".")
