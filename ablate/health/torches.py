"""What torch and torchvision are worth here, and the devices that torch finds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ablate.health.checks import Check
from ablate.health.packages import pair_fault
from ablate.machine import cores
from ablate.text import size

Found = Sequence[Mapping[str, Any]]  # what probe.py prints
SECONDS = 300  # a cold network disk gives torch in one minute, a broken driver never answers
BUSY = 0.1  # share of a device in the hands of others that is told
DRIVER = Path("/proc/driver/nvidia/version")
TOGETHER = "pip install --upgrade --force-reinstall torch torchvision"
INDEX = "from the index that https://pytorch.org/get-started names for this machine"


def probed(seconds: float = SECONDS) -> Found:
    """What torch finds; the last part has an `error` where the process ended in it."""
    command = [sys.executable, "-m", "ablate.health.probe"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        printed = late.stdout or ""
        printed = printed.decode() if isinstance(printed, bytes) else printed
        return [*_parts(printed), {"part": "", "error": f"no answer in {seconds:g} s"}]
    found = _parts(done.stdout)
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["without a word"]
        how = _ending(done.returncode)
        return [*found, {"part": "", "error": f"the process ended with {how}: {said[-1]}"}]
    return found


def _parts(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith('{"part"')]


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def has_nvidia() -> bool:
    """Whether this machine has a driver of NVIDIA's, whatever torch thinks of it."""
    return DRIVER.exists() or shutil.which("nvidia-smi") is not None


def is_torch_usable(found: Found) -> bool:
    return any(each["part"] == "torch" and "error" not in each for each in found)


def torches(found: Found, *, nvidia: bool, pair: str | None = None) -> Iterator[Check]:
    """torch, torchvision and each device. `pair` is what is wrong with the two together, if it is.

    `nvidia`: whether there is a driver of theirs.
    """
    pair = pair_fault() if pair is None else pair
    parts = {each["part"]: each for each in found}
    ended = str(parts.get("", {}).get("error", ""))
    torch = parts.get("torch", {"error": ended})
    if "error" in torch:
        message = f"cannot be imported: {torch['error']}"
        yield Check("torch", "error", message, f"{TOGETHER}, {INDEX}")
        return
    built = f"for CUDA or ROCm {torch['built']}" if torch["built"] else "without CUDA"
    yield Check("torch", "ok", f"{torch['version']}, built {built}")
    yield _torchvision(parts.get("torchvision", {"error": ended}), pair)
    if "torchvision" not in parts:
        return
    yield from _gpus(found, torch["built"], nvidia, ended)
    if others := parts.get("cpu", {}).get("others"):
        yield from _cpu(others)


def _torchvision(found: Mapping[str, Any], pair: str) -> Check:
    if "error" in found:
        message = "; ".join(filter(None, (f"cannot be imported: {found['error']}", pair)))
        return Check("torchvision", "error", message, f"{TOGETHER}, {INDEX}")
    if pair:
        return Check("torchvision", "warning", pair, f"{TOGETHER}, {INDEX}")
    return Check("torchvision", "ok", f"{found['version']}, which goes with this torch")


def _gpus(found: Found, built: str | None, nvidia: bool, ended: str) -> Iterator[Check]:
    cuda = next((each for each in found if each["part"] == "cuda"), None)
    gpus = [each for each in found if each["part"] == "gpu"]
    none = Check("gpu", "ok", f"none: cells train on {cores()} CPU cores")
    if built is None:
        message = "this machine has one of NVIDIA's, and this torch is built without CUDA"
        mend = f"{TOGETHER}, {INDEX}; else cells train on the CPU"
        yield Check("gpu", "warning", message, mend) if nvidia else none
    elif ended:
        mend = "restart the machine if `nvidia-smi` fails too; --devices cpu does without"
        yield Check("gpu", "error", f"while torch looked for it, {ended}", mend)
    elif cuda is None or "error" in cuda:
        yield _unused(str((cuda or {}).get("error", "")), built) if nvidia else none
    for gpu in gpus:
        yield _gpu(gpu)


def _unused(reason: str, built: str) -> Check:
    """A driver is there and torch for CUDA, and nothing comes of it."""
    if "too old" in reason:
        mend = f"a newer driver for CUDA {built}; or {TOGETHER} for an older CUDA, {INDEX}"
        return Check("gpu", "error", f"the driver is too old for this torch: {reason}", mend)
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        message = f"none that torch may use: CUDA_VISIBLE_DEVICES is {visible!r}"
        return Check("gpu", "warning", message, "unset it; else cells train on the CPU")
    mend = "see whether `nvidia-smi` works, in a container start it with --gpus all"
    return Check("gpu", "error", f"torch finds none: {reason}", mend)


def _gpu(found: Mapping[str, Any]) -> Check:
    name = found["device"]
    if "error" in found:
        mend = f"--devices without {name}; or {TOGETHER}, {INDEX}"
        return Check(name, "error", f"cannot compute: {found['error']}", mend)
    message = f"{found['name']}, {size(found['memory'])}"
    if found["others"] > BUSY:
        held = size(int(found["others"] * found["memory"]))
        mend = f"wait, or --devices without {name}; `nvidia-smi` names who it is"
        return Check(name, "warning", f"{message}, of which others hold {held}", mend)
    return Check(name, "ok", message)


def _cpu(others: float) -> Iterator[Check]:
    if others > BUSY:
        message = f"other processes keep {others:.0%} of it busy"
        yield Check("cpu", "warning", message, "wait, or fewer cells at a time with --jobs")
