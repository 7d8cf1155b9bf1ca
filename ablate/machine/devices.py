"""What the devices of this machine are, and whether they can be used."""

from __future__ import annotations

import psutil

from ablate.errors import MachineError, UsageError


def stay_on(device: str) -> None:
    """Make a GPU the current one of this process, which then takes no memory of any other."""
    import torch

    kind = torch.device(device)
    if kind.type == "cuda":
        torch.cuda.set_device(kind.index or 0)  # which takes no `cuda` without a number


def memory_of(device: str) -> int:
    """Bytes that a device has in all; of a CPU the machine's."""
    import torch

    kind = torch.device(device)
    if kind.type == "cuda":
        total: int = torch.cuda.get_device_properties(kind).total_memory
        return total
    return int(psutil.virtual_memory().total)


def device_id(device: str) -> str:
    """What tells a device of this machine from its others, however it is spelt or numbered."""
    import torch

    kind = torch.device(device)
    if kind.type == "cuda":
        return str(torch.cuda.get_device_properties(kind).uuid)
    return kind.type


def check_device(device: str) -> None:
    """Raise UsageError for a name that is no device, MachineError for one that is not here."""
    import torch

    try:
        found = torch.device(device)
    except RuntimeError as error:
        raise UsageError(f"device {device!r}: {first_line(error)}") from None
    if found.type == "meta":
        raise UsageError(f"device {device!r}: holds no numbers, so nothing can be trained there")
    if found.type == "cuda" and 0 <= (found.index or 0) < torch.cuda.device_count():
        return  # without asking it for memory, which would leave a context there
    try:
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError, ImportError) as error:  # all mean: not built, not here
        raise MachineError(f"device {device!r} cannot be used: {first_line(error)}") from None


def first_line(error: BaseException) -> str:
    """The first line of what torch says; the rest is for those who build torch."""
    return str(error).partition("\n")[0]


def device_name(device: str) -> str:
    """What the record calls the device: the GPU's product name, or the CPU's architecture."""
    import torch

    kind = torch.device(device)
    if kind.type == "cuda":
        return torch.cuda.get_device_name(kind)
    if kind.type == "cpu":
        return f"cpu {torch.backends.cpu.get_cpu_capability()}"
    return kind.type


def default_devices() -> list[str]:
    """Every GPU of this machine, else the CPU."""
    import torch

    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]
