"""The pretence that there is a GPU: a library to preload, and what torch's Python asks a device."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

SOURCE = Path(__file__).with_name("pretence.cpp")
SONAME = "libcuda.so.1"
DEVICES = 127  # with fewer, autograd asks about one that is not among them
H100 = SimpleNamespace(
    name="fake", major=9, minor=0, multi_processor_count=132, total_memory=80 * 2**30, uuid="fake"
)


def why_not() -> str:
    """What keeps steps from being traced on this machine; empty where nothing does."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} preloads no library as Linux does"
    if torch.version.cuda is None:
        return "torch is built without CUDA"
    if _compiler() is None:
        return "no C++ compiler (c++, g++ or clang++)"
    return ""


def _compiler() -> str | None:
    return next(filter(None, map(shutil.which, ("c++", "g++", "clang++"))), None)


def environment(folder: Path) -> dict[str, str]:
    """The environment of a process that pretends; builds the library in `folder`."""
    compiler = _compiler()
    assert compiler is not None
    library = folder / SONAME
    options = ["-shared", "-fPIC", f"-Wl,-soname,{SONAME}", "-o", str(library)]
    subprocess.run([compiler, *options, str(SOURCE)], check=True)
    return os.environ | {"LD_PRELOAD": str(library), "CUDA_VISIBLE_DEVICES": ""}


@contextmanager
def fake_cuda(*, strict: bool = False) -> Iterator[None]:
    """Tensors made inside hold no numbers and may be on "cuda".

    For processes with `environment` alone: autograd would end any other.
    """
    was_strict = torch.are_deterministic_algorithms_enabled()
    with ExitStack() as stack:
        for target, answer in _answers().items():
            stack.enter_context(patch(target, answer))
        stack.enter_context(FakeTensorMode())
        stack.enter_context(_NothingReturned())
        stack.enter_context(_Backward())
        torch.use_deterministic_algorithms(strict)
        stack.callback(torch.use_deterministic_algorithms, was_strict)
        yield


def _answers() -> dict[str, Callable[..., Any]]:
    """What is asked of a device on the way to an operator -> an H100's answer."""
    chosen = torch._C._select_conv_backend

    def conv_backend(*args: Any, **kwargs: Any) -> Any:
        try:
            return chosen(*args, **kwargs)
        except RuntimeError:  # for bf16 it asks the device what it can
            return torch._C._ConvBackend.Cudnn  # type: ignore[attr-defined]

    return {
        "torch.cuda.amp.common.amp_definitely_not_available": lambda: False,
        "torch.cuda.is_bf16_supported": lambda *args, **kwargs: True,
        "torch.cuda.get_device_properties": lambda *args: H100,
        "torch.cuda.mem_get_info": lambda *args: (H100.total_memory, H100.total_memory),
        "torch._C._select_conv_backend": conv_backend,
    }


class _NothingReturned(TorchDispatchMode):
    """What only changes its arguments has no more to say, and some of it no fake kernel."""

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return func(*args, **(kwargs or {})) if func._schema.returns else None


class _Backward(TorchFunctionMode):
    """Devices are there while a backward pass runs."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is not torch.Tensor.backward:
            return func(*args, **(kwargs or {}))
        library = ctypes.CDLL(None)
        library.pretend_devices(DEVICES)
        try:
            return func(*args, **(kwargs or {}))
        finally:
            library.pretend_devices(0)
