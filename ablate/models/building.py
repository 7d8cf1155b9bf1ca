"""Architecture -> network -> module with its first weights."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ablate.cells import settings_of
from ablate.errors import Fault, SpecError, UsageError
from ablate.models import code, densenet, dsn, fractalnet, highway, plain, resnet, resnet_preact
from ablate.models.efficient import EfficientDenseNet, why_not_efficient
from ablate.networks import (
    Architecture,
    CodeNetwork,
    DenseNetwork,
    FractalNetwork,
    HighwayNetwork,
    Network,
    PlainNetwork,
    PreactNetwork,
    ResNetwork,
    SupervisedNetwork,
    as_architecture,
)
from ablate.text import RuleErrors, show

# How a module is executed; all compute the same function. `fast`: as its modules are written.
# `efficient`: a dense block at a time, which keeps every map once.
MEMORY_MODES = ("fast", "efficient")
# What follows the lists that a family's settings come to; families of the same lists share it.
BUILDERS: Mapping[type[Network], Callable[..., nn.Module]] = {
    DenseNetwork: densenet.build,
    FractalNetwork: fractalnet.build,
    HighwayNetwork: highway.build,
    PlainNetwork: plain.build,
    PreactNetwork: resnet_preact.build,
    ResNetwork: resnet.build,
    SupervisedNetwork: dsn.build,
}
log = logging.getLogger(__name__)


def network_of(architecture: Architecture) -> Network:
    """Architecture, resolved or not -> the lists its builder follows.

    What is not resolved takes the family's usual input. Raises SpecError where a feature map would
    vanish.
    """
    try:
        return architecture.resolve().network()
    except RuleErrors as error:
        raise SpecError([Fault(key, message) for key, message in error.broken]) from None


def build(
    architecture: Architecture | Mapping[str, Any],
    *,
    memory: str = "fast",
    seed: int = 0,
    device: str | torch.device = "cpu",
) -> nn.Module:
    """Architecture, or the plain map of one -> module in training mode, weights drawn from `seed`.

    Images go in as (batch, in_channels, image_size, image_size), logits come out as (batch,
    classes); a module with companions (family `dsn`) gives `WithCompanions` in training mode, from
    which `loss_and_logits` takes the loss. Equal architectures and seeds give equal weights on
    every device; on "meta" there are none. `memory` is how the module is executed, not what it
    computes: `efficient` saves most of a DenseNet's training memory. A network that it does not
    know is logged and executed as `fast`, and so is `auto`. No global generator is read or changed.
    Raises SpecError for an architecture that cannot be, UsageError for an unknown mode or a seed
    that no generator takes.
    """
    if memory not in ("auto", *MEMORY_MODES):
        modes = ", ".join(("auto", *MEMORY_MODES))
        raise UsageError(f"memory: must be one of {modes}, got {memory!r}")
    if not 0 <= seed < 2**64:
        raise UsageError(f"seed: must be >= 0 and < 2^64, got {seed}")
    architecture = as_architecture(architecture)
    network = network_of(architecture)
    if isinstance(network, CodeNetwork):
        return code.build(network, seed=seed, device=torch.device(device))
    kinds = [EfficientDenseNet] if memory == "efficient" and _is_efficient(network) else []
    with torch.device("meta"), holdable(architecture):
        module: Any = BUILDERS[type(network)](network, *kinds)
    if torch.device(device).type != "meta":
        # The CPU's generator draws them all: a GPU's would draw other numbers from the same seed.
        module.to_empty(device="cpu")
        module.init_weights(torch.Generator().manual_seed(seed))
        module.to(device)
    built: nn.Module = module
    return built


def random_images(
    architecture: Architecture, count: int, *, device: str | torch.device = "cpu"
) -> Tensor:
    """Architecture, resolved or not -> images of noise (count, channels, height, width) for it.

    Standard normal, and the same on every device; on "meta" there are no numbers.
    """
    network = network_of(architecture)
    shape = (count, network.in_channels, network.image_size, network.image_size)
    if torch.device(device).type == "meta":
        return torch.empty(shape, device=device)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(device)


@contextmanager
def holdable(architecture: Architecture) -> Iterator[None]:
    """Torch's word for a tensor of more bytes than it can count, as a SpecError.

    Each setting has its bound; what they come to together only torch's shapes tell.
    """
    try:
        yield
    except RuntimeError as error:
        if "overflow" not in str(error):
            raise
        settings = show(settings_of(architecture), 200)
        message = f"is larger than torch can count, whatever the machine: {settings}"
        raise SpecError([Fault("architecture", message)]) from None


def _is_efficient(network: Network) -> bool:
    """Whether mode `efficient` knows the network; if not, the log says why."""
    why = "only DenseNets have dense blocks"
    if isinstance(network, DenseNetwork):
        why = why_not_efficient(network)
    if why:
        log.info("memory: executed as fast, not efficient: %s", why)
    return not why
