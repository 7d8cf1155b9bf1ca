"""Folders that are written and read, and what the system lets a process have."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from ablate.health.checks import Check, State
from ablate.text import size

FULL, NEARLY = 100 * 10**6, 2 * 10**9  # bytes that are free
# Kinds of file system, as mount(8) has them, on which a lock of one machine is not one of another.
SHARED = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "ceph", "afs", "fuse.sshfs", "gluster")
SHARED_MEMORY = Path("/dev/shm")
LEAST_SHARED_MEMORY = 2**30  # 16 processes that read 4 batches of 64 photographs ahead take 0.6 GB
LEAST_FILES = 1024  # that may be open

Mounts = Sequence[tuple[str, str]]  # where, and which kind of file system


def folders(runs: Path, cache: Path, data: Path) -> Iterator[Check]:
    """Those of runs, of what is kept, and of images. None is made."""
    yield _written("runs", runs, "--runs names another folder", "error")
    yield from _shared(runs, mounts())
    mend = "the variable ABLATE_CACHE names another; else costs are counted by every command"
    yield _written("cache", cache, mend, "warning")
    yield _read(data)


def _written(name: str, folder: Path, mend: str, state: State) -> Check:
    there = _nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except OSError as error:
        return Check(name, state, f"{there}: cannot be written: {error.strerror}", mend)
    message = f"{folder}: {size(free)} free"
    if free < NEARLY:
        room = f"free some; {mend}"
        return Check(name, state if free < FULL else "warning", f"{message}, which is little", room)
    return Check(name, "ok", message)


def _nearest(folder: Path) -> Path:
    """The folder, or the first one above it that is there."""
    whole = Path(os.path.abspath(folder))
    return next(path for path in (whole, *whole.parents) if path.exists())


def _read(folder: Path) -> Check:
    mend = "--data, or the variable ABLATE_DATA, names another folder"
    if not folder.exists():
        message = f"{folder}: not there, which `digits` needs not; `run --download` makes it"
        return Check("data", "ok", message)
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return Check("data", "error", f"{folder}: cannot be read as a folder", mend)
    note = "" if os.access(folder, os.W_OK) else ", read-only: nothing can be downloaded"
    return Check("data", "ok", f"{folder}{note}")


def mounts() -> Mounts:
    """Of this machine, network file systems among them."""
    return [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]


def _shared(runs: Path, mounted: Mounts) -> Iterator[Check]:
    """Where SQLite would have to trust the locks of a network file system."""
    there = _nearest(runs).resolve()
    above = [(len(point), kind) for point, kind in mounted if there.is_relative_to(point)]
    _, kind = max(above, default=(0, ""))
    if kind.startswith(SHARED):
        message = f"{runs}: is on a network file system ({kind}), whose locks SQLite cannot trust"
        mend = (
            "run on one machine at a time there, or with --storage postgresql+psycopg://...; or "
            "--runs on a disk of this machine"
        )
        yield Check("record", "warning", message, mend)


def limits(*, streams: bool | None) -> Iterator[Check]:
    """Shared memory and open files. `streams`: whether images are read from files, if known."""
    if streams is not False and SHARED_MEMORY.is_dir():
        yield shared_memory(shutil.disk_usage(SHARED_MEMORY).total)
    if sys.platform != "win32":
        import resource

        yield open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def shared_memory(total: int) -> Check:
    """By its bytes: what reads images from files hands them over in it."""
    message = f"{SHARED_MEMORY}: {size(total)}"
    if total >= LEAST_SHARED_MEMORY:
        return Check("shared memory", "ok", message)
    return Check(
        "shared memory",
        "warning",
        f"{message}, which is little where images are read from files (image_folder, imagenet)",
        "start the container with --shm-size=4g; or --loaders 0",
    )


def open_files(most: int) -> Check:
    """By how many a process may have open; -1: any number."""
    if most < 0 or most >= LEAST_FILES:
        number = "any number" if most < 0 else f"{most:,}"
        return Check("open files", "ok", f"{number} a process")
    message = f"{most:,} a process, which is little where images are read from files"
    return Check("open files", "warning", message, f"ulimit -n {4 * LEAST_FILES}")
