"""Weights of torchvision's DenseNets: their names -> ours."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from ablate.errors import UsageError

# In the order they are tried; the first that matches the start of a name rewrites it.
_NAMES = (
    (r"features\.(conv|norm)0\.", r"features.stem.\1."),
    # The checkpoints that torchvision downloads still write norm.1 for norm1.
    (
        r"features\.denseblock(\d+)\.denselayer(\d+)\.(norm|conv)\.?(\d)\.",
        r"features.block\1.layer\2.\3\4.",
    ),
    (r"features\.norm5\.", r"features.norm."),
)


def load_torchvision(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the state dict of a torchvision DenseNet into our module of the same architecture.

    Works for densenet121, 161, 169, 201 and for any torchvision `DenseNet`. Raises UsageError where
    the two are not the same architecture.
    """
    renamed = {our_name(name): value for name, value in state.items()}
    try:
        module.load_state_dict(renamed)
    except RuntimeError as error:
        message = f"not the state dict of this architecture in torchvision: {error}"
        raise UsageError(message) from None


def our_name(name: str) -> str:
    """A torchvision DenseNet's name of a tensor -> ours."""
    for pattern, ours in _NAMES:
        found, count = re.subn("^" + pattern, ours, name)
        if count:
            return found
    return name
