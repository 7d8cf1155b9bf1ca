"""What cuDNN's search for kernels costs and gives: `python -m benchmarks.gpu.searches`."""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import torch

from ablate.costs import REFERENCES, alternate, synchronise
from ablate.machine import device_name
from ablate.measuring import synthetic_step
from ablate.models import build, network_of, random_images
from ablate.networks import Architecture, load_architecture
from ablate.training import Execution, executing, searching


@dataclass(frozen=True)
class Search:
    """One way to find kernels for a network whose convolutions the process has not met before."""

    network: str
    batch_size: int
    precision: str
    is_searched: bool
    ready_seconds: float  # until the step can be repeated: build, find kernels, record
    n: int
    step_seconds: float  # the median of `n` steps afterwards
    device: str
    torch: str


def searches(
    network: Architecture, batch_size: int, device: torch.device, count: int, is_searched: bool
) -> list[Search]:
    """Of the network, also in bf16, and of one that predictions are made from, each for itself.

    A process keeps what it once found for a convolution, searched or not: so one way a process.
    """
    asked = [("asked", network, batch_size, precision) for precision in ("fp32", "bf16")]
    asked.append(("reference", *REFERENCES[1], "fp32"))
    found = []
    with executing(Execution(device=str(device)), seed=0), searching(is_searched):
        _ready(REFERENCES[-1][0], 2, "fp32", device)  # loads libraries
        for name, architecture, size, precision in asked:
            start = time.perf_counter()
            step = _ready(architecture, size, precision, device)
            ready = time.perf_counter() - start
            taken = alternate({name: step}, device=device, rounds=count)[name]
            del step
            found.append(
                Search(
                    name,
                    size,
                    precision,
                    is_searched,
                    round(ready, 3),
                    count,
                    round(median(taken), 7),
                    device_name(str(device)),
                    torch.__version__,
                )
            )
            print(found[-1], flush=True)
    return found


def _ready(
    network: Architecture, batch_size: int, precision: str, device: torch.device
) -> Callable[[], object]:
    """A step that has been done; recorded, on a GPU."""
    layout = torch.channels_last
    module = build(network, device=device).to(memory_format=layout)
    images = random_images(network, batch_size, device=device).contiguous(memory_format=layout)
    classes, captured = network_of(network).classes, device.type == "cuda"
    step = synthetic_step(module, images, classes=classes, precision=precision, captured=captured)
    step()
    synchronise(device)
    return step


def write(
    path: Path, network: Architecture, batch_size: int, device: torch.device, count: int
) -> None:
    """Both ways, without the search first; the file has the first before the second begins."""
    found: list[Search] = []
    for is_searched in (False, True):
        # A new process for each.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            done = pool.submit(searches, network, batch_size, device, count, is_searched)
            found += done.result()
        with path.open("w", encoding="utf-8", newline="") as stream:
            table = csv.DictWriter(stream, [field.name for field in fields(Search)])
            table.writeheader()
            table.writerows(asdict(row) for row in found)


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("network", help="beside those that predictions are made from")
    given.add_argument("file", type=Path)
    given.add_argument("--batch-size", type=int, default=64)
    given.add_argument("--steps", type=int, default=20)
    given.add_argument("--device", type=torch.device, default=torch.device("cuda"))
    options = given.parse_args()
    asked = load_architecture(options.network), options.batch_size
    write(options.file, *asked, options.device, options.steps)
