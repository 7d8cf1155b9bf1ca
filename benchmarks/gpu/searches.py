"""What cuDNN's search for kernels costs and gives: `python -m benchmarks.gpu.searches`."""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

import torch

from ablate.costs import alternate, synchronise
from ablate.costs.predict import REFERENCES
from ablate.machine import device_name, first_line
from ablate.models import build, network_of, random_images
from ablate.networks import Architecture, load_architecture
from ablate.training import Execution, executing, searching, synthetic_step


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
    network: Architecture, batch_size: int, device: torch.device, count: int
) -> Iterator[Search]:
    """Of the network, also in bf16, and of those that predictions are made from; each both ways.

    Without the search first, which loads libraries, as does a small one before all.
    """
    asked = [("asked", network, batch_size, precision) for precision in ("fp32", "bf16")]
    asked += [(f"reference {n}", *reference, "fp32") for n, reference in enumerate(REFERENCES)]
    with executing(Execution(device=str(device)), seed=0):
        _ready(REFERENCES[-1][0], 2, "fp32", device)
        for name, architecture, size, precision in asked:
            for is_searched in (False, True):
                with searching(is_searched):
                    start = time.perf_counter()
                    step = _ready(architecture, size, precision, device)
                    ready = time.perf_counter() - start
                    taken = alternate({name: step}, device=device, rounds=count)[name]
                del step
                yield Search(
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


def write(path: Path, found: Iterator[Search]) -> None:
    """Each row as soon as it is there; a way that fails ends the file, and its reason is told."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, [field.name for field in fields(Search)])
        table.writeheader()
        try:
            for row in found:
                table.writerow(asdict(row))
                stream.flush()
                print(row, flush=True)
        except RuntimeError as error:
            print(first_line(error), flush=True)


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("network", help="beside those that predictions are made from")
    given.add_argument("file", type=Path)
    given.add_argument("--batch-size", type=int, default=64)
    given.add_argument("--steps", type=int, default=20)
    given.add_argument("--device", type=torch.device, default=torch.device("cuda"))
    options = given.parse_args()
    asked = load_architecture(options.network), options.batch_size
    write(options.file, searches(*asked, options.device, options.steps))
