"""Networks that code of a user's makes: any module, with the weights that it gives itself."""

from __future__ import annotations

import torch
from torch import nn

from ablate.errors import Fault, SpecError
from ablate.networks import CodeNetwork
from ablate.text import show


def build(network: CodeNetwork, *, seed: int, device: torch.device) -> nn.Module:
    """What the code returns, in training mode, its weights drawn under `seed` on the CPU.

    The global generator is as it was afterwards. Raises SpecError for what the code raises, and
    for what is no module or gives no logits of shape (batch, classes).
    """
    if device.type != "meta":
        return _made(network, seed, torch.device("cpu")).to(device)
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
    return module.train()


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
