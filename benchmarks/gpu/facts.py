"""The machine, in lines: `python -m benchmarks.gpu.facts`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import torch

PACKAGES = ("ablate-nn", "torchvision", "triton", "numpy", "optuna", "pydantic", "pytest")


def facts() -> Iterator[str]:
    """Device, versions, what multiplies in TF32, memory."""
    if smi := shutil.which("nvidia-smi"):
        fields = (
            "name,driver_version,memory.total,memory.used,clocks.sm,clocks.max.sm,mig.mode.current"
        )
        asked = [smi, f"--query-gpu={fields}", "--format=csv,noheader"]
        yield subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    yield f"mps control: {shutil.which('nvidia-cuda-mps-control') or 'none'}"
    yield f"python {platform.python_version()}, {os.cpu_count()} cores, {platform.platform()}"
    yield ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield f"torch {torch.__version__}"
    yield f"float32 products: {torch.get_float32_matmul_precision()}"
    cudnn = torch.backends.cudnn
    yield f"cuDNN {cudnn.version()}, TF32 {cudnn.allow_tf32}"  # type: ignore[no-untyped-call]
    if not torch.cuda.is_available():
        yield "no CUDA device"
        return
    free, total = torch.cuda.mem_get_info()
    yield f"{torch.cuda.get_device_name()}, capability {torch.cuda.get_device_capability()}"
    yield f"CUDA {torch.version.cuda}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


if __name__ == "__main__":
    for line in facts():
        print(line, flush=True)
