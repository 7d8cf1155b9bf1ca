"""Torch's own way of recording graphs without a GPU: what its C++ does is stood in for."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

import pytest
import torch


class Streams:
    """Streams by name, and what happens on them; `torch.cuda.graph` itself is torch's.

    A recording that does not end is one that CUDA has declared void.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.current, self.pools, self.watch = "default", 0, 0
        self.is_recording, self.ends = False, True
        self.void = "operation failed due to a previous error during capture"
        self.log: list[str] = []
        quiet = contextlib.nullcontext()
        for name, stand_in in {
            "device": lambda device: quiet,
            "Stream": lambda: _Stream("side"),
            "stream": lambda stream: _Within(self, stream),
            "current_stream": lambda *device: _Stream(self.current),
            "CUDAGraph": lambda: _Graph(self),
            "synchronize": lambda *device: None,
            "empty_cache": lambda: None,
            "get_sync_debug_mode": lambda: self.watch,
            "set_sync_debug_mode": self._set_watch,
        }.items():
            patch.setattr(torch.cuda, name, stand_in)
        patch.setattr(torch._C, "_host_emptyCache", lambda: None, raising=False)
        # Newer versions note where a recording began.
        with contextlib.suppress(ImportError):
            from torch.cuda import _graph_annotations

            patch.setattr(_graph_annotations, "maybe_stamp_capture_root", lambda *stream: None)

    def _set_watch(self, mode: str | int) -> None:
        """As torch does, telling every time what that tells once."""
        warnings.warn("Synchronization debug mode is a prototype feature and ...", stacklevel=2)
        self.watch = mode if isinstance(mode, int) else ("default", "warn", "error").index(mode)

    def call(self, name: str) -> str:
        self.log.append(f"{name} on {self.current}")
        return name

    def look(self) -> None:
        """Look at a value: torch waits for the device, which it cannot do in a recording."""
        if self.is_recording:
            self.ends = False
            raise RuntimeError("operation not permitted when stream is capturing")
        if self.watch == 1:
            warnings.warn("called a synchronizing CUDA operation (Triggered ...)", stacklevel=2)


class _Stream:
    device = torch.device("cpu")

    def __init__(self, name: str) -> None:
        self.name = name

    def wait_stream(self, other: _Stream) -> None:
        pass


class _Within:
    """As `torch.cuda.stream`: leaves to where it came from."""

    def __init__(self, streams: Streams, stream: _Stream) -> None:
        self.streams, self.stream = streams, stream

    def __enter__(self) -> None:
        self.before, self.streams.current = self.streams.current, self.stream.name

    def __exit__(self, *error: object) -> None:
        self.streams.current = self.before


class _Graph:
    def __init__(self, streams: Streams) -> None:
        self.streams, self.mine = streams, "none"

    def capture_begin(self, pool: str = "", **how: Any) -> None:
        self.streams.pools += not pool
        self.mine = pool or f"pool {self.streams.pools}"
        self.streams.log.append(f"record into {self.mine}")
        self.streams.is_recording = True

    def capture_end(self) -> None:
        self.streams.is_recording = False
        if not self.streams.ends:
            raise RuntimeError(self.streams.void)

    def pool(self) -> str:
        return self.mine

    def replay(self) -> None:
        self.streams.log.append(f"replay from {self.mine}")

    def reset(self) -> None:
        pass
