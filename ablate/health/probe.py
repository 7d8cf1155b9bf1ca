"""What torch finds here, a JSON document a line: `python -m ablate.health.probe`.

In a process of its own, as an import that fails may take the process with it.
"""

from __future__ import annotations

import json
from typing import Any


def main() -> None:
    """Print what is found, part by part."""
    try:
        import torch
    except Exception as error:
        print(json.dumps({"part": "torch", "error": _told(error)}), flush=True)
        return
    built = torch.version.cuda or torch.version.hip
    _tell("torch", version=torch.__version__, built=built)
    try:
        import torchvision
    except Exception as error:
        _tell("torchvision", error=_told(error))
    else:
        _tell("torchvision", version=torchvision.__version__)
    if built:
        try:
            torch.cuda.init()  # type: ignore[no-untyped-call]
        except Exception as error:
            _tell("cuda", error=_told(error))
        else:
            _tell("cuda", count=torch.cuda.device_count())
            for index in range(torch.cuda.device_count()):
                _tell("gpu", **_gpu(f"cuda:{index}"))
    from ablate.machine import Watch

    _tell("cpu", others=Watch("cpu").others())


def _gpu(device: str) -> dict[str, Any]:
    """A GPU that is made to compute something: not every torch has kernels for every one."""
    import torch

    from ablate.machine import Watch, device_name, memory_of

    try:
        others = Watch(device).others()
        found = {"device": device, "name": device_name(device), "memory": memory_of(device)}
        (torch.ones(8, 8, device=device) @ torch.ones(8, 8, device=device)).sum().item()
    except Exception as error:
        return {"device": device, "error": _told(error)}
    return {**found, "others": others}


def _tell(part: str, **found: Any) -> None:
    print(json.dumps({"part": part, **found}), flush=True)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}"


if __name__ == "__main__":
    main()
