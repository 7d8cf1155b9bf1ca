"""Networks that code of a user's makes: any module, with the weights that it gives itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from ablate.errors import Fault, SpecError
from ablate.networks import CodeNetwork
from ablate.plugins import Weights
from ablate.text import show

_COMPANIONS = ("AuxLogits.", "aux1.", "aux2.")
_NO_STATE = "must hold a state dict and nothing else: torch.save(model.state_dict(), FILE)"


def build(network: CodeNetwork, *, seed: int, device: torch.device) -> nn.Module:
    """What the code returns, in training mode, its weights drawn under `seed` on the CPU.

    The global generator is as it was afterwards. Raises SpecError for what the code raises, and
    for what is no module or gives no logits of shape (batch, classes).
    """
    if device.type != "meta":
        module = _made(network, seed, torch.device("cpu"))
        if network.weights:
            begin_with(network.weights, network, module)
        return module.to(device)
    module = _made(network, seed, device)
    shape = (2, network.in_channels, network.image_size, network.image_size)
    try:
        with torch.inference_mode():
            given = module.eval()(torch.empty(shape, device=device))
    except Exception as error:
        raise _fault(network, f"fails on images {shape}: {_told(error)}") from error
    wanted = (2, network.classes)
    if not isinstance(given, torch.Tensor) or given.shape != wanted:
        found = tuple(given.shape) if isinstance(given, torch.Tensor) else show(given)
        raise _fault(network, f"must give logits {wanted} for images {shape}, got {found}")
    if network.weights:
        begin_with(network.weights, network, module)
    return module.train()


def begin_with(weights: Weights, network: CodeNetwork, module: nn.Module) -> None:
    """Copy a file's state dict into a module, but for a head of other classes; on meta, see to it.

    The head is what has other shapes where there is a class more. Raises SpecError for a file that
    is no state dict, or is one of another network; MissingDataError where it is gone.
    """
    file, own = weights.file, module.state_dict()
    given = _read(weights, file)
    wider = _made(replace(network, classes=network.classes + 1), 0, torch.device("meta"))
    head = {name for name, tensor in wider.state_dict().items() if tensor.shape != own[name].shape}
    if any(name not in given or given[name].shape != own[name].shape for name in head):
        given = {name: tensor for name, tensor in given.items() if name not in head}
        own = {name: tensor for name, tensor in own.items() if name not in head}
    # Classifiers that torchvision's GoogLeNet and Inception have in training alone.
    given = {
        name: t for name, t in given.items() if name in own or not name.startswith(_COMPANIONS)
    }
    told = [
        *(f"{name} is missing" for name in own if name not in given),
        *(f"{name} is not in the network" for name in given if name not in own),
        *(
            f"{name} is {tuple(given[name].shape)}, in the network {tuple(tensor.shape)}"
            for name, tensor in own.items()
            if name in given and given[name].shape != tensor.shape
        ),
    ]
    if told:
        more = f", and {len(told) - 1} more" if len(told) > 1 else ""
        raise _fault(network, f"{weights.name} does not fit: {told[0]}{more}")
    if not any(tensor.is_meta for tensor in own.values()):
        module.load_state_dict(given, strict=False)


def _read(weights: Weights, file: Path) -> dict[str, Tensor]:
    """A file's state dict, on the CPU. Nothing of it is run."""
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        found = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # of a damaged file torch raises all kinds
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise SpecError([Fault("weights", f"{weights.name} {_NO_STATE} ({why})")]) from error
    if not isinstance(found, dict) or not all(isinstance(t, Tensor) for t in found.values()):
        raise SpecError([Fault("weights", f"{weights.name} {_NO_STATE}")])
    return found


def _made(network: CodeNetwork, seed: int, device: torch.device) -> nn.Module:
    before = torch.get_rng_state()
    try:
        torch.default_generator.manual_seed(seed)
        with device:
            made = network.make()
    except Exception as error:
        raise _fault(network, _told(error)) from error
    finally:
        torch.set_rng_state(before)
    if not isinstance(made, nn.Module):
        raise _fault(network, f"must return a torch.nn.Module, got {show(made)}")
    return made.train()


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _fault(network: CodeNetwork, message: str) -> SpecError:
    return SpecError([Fault(f"family {network.code.name}", message)])
