"""Files of an exported network for those who do not have ablate: written, read back, compared."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ablate.errors import ExportError, UsageError
from ablate.machine import first_line
from ablate.models import random_images, torchvision_twin
from ablate.networks import Architecture

# A network, its architecture and a folder -> a file there and what a card says of it. Raises
# UsageError for what is not installed or cannot be asked for, ExportError for what differs.
Write = Callable[[nn.Module, Architecture, Path], str]
ONNX, PROGRAM, TORCHVISION = "model.onnx", "model.pt2", "torchvision.safetensors"
TOLERANCE = 1e-4  # another runtime sums in another order
TRACED = 2  # images a batch; of one, traces would take it for the only size
COMPARED = (1, 3)  # images a batch, as a size that was traced would be found right by itself


def write_onnx(module: nn.Module, architecture: Architecture, folder: Path) -> str:
    """ONNX with a free batch size."""
    try:
        import onnxruntime
        import onnxscript  # noqa: F401  torch's exporter needs it
    except ImportError as error:
        raise UsageError(
            f"--onnx needs {error.name}: pip install onnx onnxscript onnxruntime"
        ) from None
    with _traced("ONNX network"):
        torch.onnx.export(
            module,
            (random_images(architecture, TRACED),),
            folder / ONNX,
            input_names=["images"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        session: Any = onnxruntime.InferenceSession(
            str(folder / ONNX), providers=["CPUExecutionProvider"]
        )

        def run(images: Tensor) -> Tensor:
            (logits,) = session.run(None, {"images": images.numpy()})
            return torch.from_numpy(logits)

        _compare("ONNX network", run, module, architecture)
    return f"`{ONNX}` is the same network for ONNX Runtime: images in, logits out."


def write_program(module: nn.Module, architecture: Architecture, folder: Path) -> str:
    """A `torch.export` program with a free batch size, which needs torch alone."""
    images = random_images(architecture, TRACED)
    with _traced("torch.export program"):
        shapes = ({0: torch.export.Dim("batch")},)
        torch.export.save(
            torch.export.export(module, (images,), dynamic_shapes=shapes), folder / PROGRAM
        )
        program = torch.export.load(folder / PROGRAM).module()
        _compare("torch.export program", program, module, architecture)
    loaded = f'torch.export.load("{PROGRAM}").module()'
    return f"`{PROGRAM}` is the same network for torch without ablate: `{loaded}`."


def write_torchvision(module: nn.Module, architecture: Architecture, folder: Path) -> str:
    """The weights under the names of torchvision's network of this architecture."""
    if architecture.family == "torchvision":
        raise UsageError("the network is torchvision's own, and so are its weights' names")
    twin = torchvision_twin(architecture)
    ours = module.state_dict()
    named = {theirs: ours[name].contiguous() for theirs, name in twin.names.items()}
    save_file(named, folder / TORCHVISION)
    theirs = twin.make().eval()
    theirs.load_state_dict(load_file(folder / TORCHVISION))
    _compare("network of torchvision", theirs, module, architecture)
    return f"`{TORCHVISION}` is the state dict of `{twin.code}`."


FORMATS: Mapping[str, Write] = {
    "onnx": write_onnx,
    "program": write_program,
    "torchvision": write_torchvision,
}


@contextmanager
def _traced(what: str) -> Iterator[None]:
    """What cannot be traced, or not run again, is an error; tracers' notes are not shown."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ExportError:
        raise
    except Exception as error:  # of code of a user's tracers and runtimes raise all kinds
        raise ExportError(f"no {what} can be made of the network: {first_line(error)}") from error


@torch.inference_mode()
def _compare(
    what: str, run: Callable[[Tensor], Tensor], module: nn.Module, architecture: Architecture
) -> None:
    """Raise ExportError where logits differ, in any size of batch."""
    for size in COMPARED:
        images = random_images(architecture, size)
        expected, found = module(images), run(images)
        worst = float((found - expected).abs().max())
        if worst > TOLERANCE * max(1.0, float(expected.abs().max())):
            raise ExportError(
                f"the {what} differs from the trained one by {worst:.2g}, in a batch of {size}"
            )
