"""Weights of torchvision's DenseNets and ResNets: their names -> ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ablate.errors import UsageError

# In the order they are tried; the first that matches the start of a name rewrites it.
_NAMES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"features\.(conv|norm)0\.", r"features.stem.\1."),
    # The checkpoints that torchvision downloads still write norm.1 for norm1.
    (
        r"features\.denseblock(\d+)\.denselayer(\d+)\.(norm|conv)\.?(\d)\.",
        r"features.block\1.layer\2.\3\4.",
    ),
    (r"features\.norm5\.", r"features.norm."),
    # ResNets. Blocks are told apart by number, theirs from 0 and ours from 1.
    (r"conv1\.", r"features.stem.conv."),
    (r"bn1\.", r"features.stem.norm."),
    (r"layer(\d+)\.(\d+)\.conv(\d)\.", lambda m: f"{_block(m)}.body.conv{m[3]}."),
    (r"layer(\d+)\.(\d+)\.bn(\d)\.", lambda m: f"{_block(m)}.body.norm{m[3]}."),
    (r"layer(\d+)\.(\d+)\.downsample\.0\.", lambda m: f"{_block(m)}.shortcut.conv."),
    (r"layer(\d+)\.(\d+)\.downsample\.1\.", lambda m: f"{_block(m)}.shortcut.norm."),
    (r"fc\.", r"classifier."),
)


def _block(found: re.Match[str]) -> str:
    return f"features.stage{found[1]}.block{int(found[2]) + 1}"


def load_torchvision(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the state dict of a torchvision DenseNet or ResNet into our module of the same one.

    Works for densenet121, 161, 169, 201 and for any torchvision `DenseNet`; for resnet18, 34, 50,
    101 and 152, which are `family: resnet` with the ImageNet stem. Raises UsageError where the two
    are not the same architecture.
    """
    renamed = {our_name(name): value for name, value in state.items()}
    try:
        module.load_state_dict(renamed)
    except RuntimeError as error:
        message = f"not the state dict of this architecture in torchvision: {error}"
        raise UsageError(message) from None


def our_name(name: str) -> str:
    """The name that torchvision gives a tensor -> ours."""
    for pattern, ours in _NAMES:
        found, count = re.subn("^" + pattern, ours, name)
        if count:
            return found
    return name
