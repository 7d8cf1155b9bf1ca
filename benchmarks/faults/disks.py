"""A file system of its own for what may run full or become read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

SIZE = "64m"


class Disk:
    """A small file system in memory, at `path`; where none can be mounted a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.why_not = _why_no_mount()
        if not self.why_not:
            self.why_not = _mount("-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path))
        (path / "runs").mkdir()

    @property
    def is_own(self) -> bool:
        """Whether it is a file system of its own."""
        return not self.why_not

    @property
    def ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> None:
        """Leave no space."""
        with suppress(OSError), self.ballast.open("wb", buffering=0) as file:
            while file.write(bytes(2**16)):
                pass
        with suppress(OSError), self.ballast.open("ab", buffering=0) as file:
            while file.write(bytes(2**9)):
                pass

    def free(self) -> None:
        """Take away what it was filled with."""
        self.ballast.unlink(missing_ok=True)

    def protect(self) -> None:
        """Let nobody write there, root included."""
        self._remount("ro")

    def open(self) -> None:
        """Let everybody write there again."""
        self._remount("rw")

    def _remount(self, how: str) -> None:
        if why_not := _mount("-o", f"remount,{how}", str(self.path)):
            raise OSError(f"{self.path}: {why_not}")

    def close(self) -> None:
        """Give it back."""
        if self.is_own:
            subprocess.run(["umount", "-l", str(self.path)], check=True)


def _why_no_mount() -> str:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "only root of Linux may mount a file system"
    return ""


def _mount(*arguments: str) -> str:
    """Why it cannot be mounted; empty where it is."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""
