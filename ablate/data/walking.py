"""What is a class, and what is an image of it: one walk of a folder, by rules."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ablate.errors import MissingDataError

# What is read; as in torchvision, in capitals too.
ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
# Images that are passed over, and told: what is read of them depends on what else is installed.
OTHERS = (".gif", ".heic", ".heif", ".avif", ".jfif", ".jp2", ".jxl", ".svg")
# Beside names that begin with a dot: what macOS's archives and Synology's indexer leave behind.
LITTER = frozenset({"__MACOSX", "@eaDir"})


@dataclass(frozen=True)
class Found:
    """The images below a folder, sorted by name."""

    names: list[str]  # relative to it, with slashes
    stats: list[os.stat_result]
    passed_over: Counter[str] = field(default_factory=Counter)  # endings that are not read


def classes_in(part: Path) -> list[str]:
    """The names of the folders in `part`, sorted; hidden ones are no classes."""
    with os.scandir(part) as entries:
        return sorted(e.name for e in entries if e.is_dir() and not _is_hidden(e.name))


def images_in(folder: Path) -> Found:
    """The images below `folder`, at any depth.

    Hidden names are passed over. Links are followed; a file or folder that is reached in several
    ways is taken once, by the first of its names. Raises MissingDataError for a link to nothing,
    OSError for what cannot be listed.
    """
    found = Found([], [])
    seen: set[tuple[int, int]] = set()
    for name, stat in sorted(_walk(folder, "", seen)):
        ending = os.path.splitext(name)[1].lower()
        if ending in OTHERS:
            found.passed_over[ending] += 1
        if ending in ENDINGS and (identity := (stat.st_dev, stat.st_ino)) not in seen:
            seen.add(identity)
            found.names.append(name)
            found.stats.append(stat)
    return found


def _walk(
    folder: Path, below: str, seen: set[tuple[int, int]]
) -> Iterator[tuple[str, os.stat_result]]:
    """Files with their paths below the folder where it began; folders are added to `seen`."""
    here = os.stat(folder)
    if (identity := (here.st_dev, here.st_ino)) in seen:
        return  # by another way, or round in a loop
    seen.add(identity)
    with os.scandir(folder) as entries:
        listed = sorted((entry.name, entry.is_dir()) for entry in entries)
    for name, is_folder in listed:
        path = folder / name
        if _is_hidden(name):
            continue
        if is_folder:
            yield from _walk(path, f"{below}{name}/", seen)
        elif path.suffix.lower() in (*ENDINGS, *OTHERS):
            yield f"{below}{name}", _stat(path)


def _stat(path: Path) -> os.stat_result:
    try:
        return os.stat(path)
    except FileNotFoundError:
        raise MissingDataError(f"{path}: is a link to nothing") from None


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in LITTER
