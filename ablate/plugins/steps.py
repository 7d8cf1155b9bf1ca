"""Code of a user's in a training step, tried before anything trains: losses and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ablate.errors import Fault, SpecError
from ablate.plugins.kinds import AUGMENTATION, LOSS, OPTIMIZER, Chosen
from ablate.text import show

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

IMAGES = 2  # of a batch that is tried


def made_optimizer(
    chosen: Chosen, weights: Iterable[nn.Parameter], lr: float, weight_decay: float
) -> Optimizer:
    """The optimizer of a user's for `weights`; on a GPU one that a graph can record, if it can.

    Raises whatever its code does, and TypeError for what is none.
    """
    from torch.optim import Optimizer

    weights = list(weights)
    asked = {"weight_decay": weight_decay, "capturable": True}
    taken = {name: value for name, value in asked.items() if chosen.takes(name)}
    if not weights[0].is_cuda:
        taken.pop("capturable", None)
    made = chosen.code.make(weights, lr=lr, **taken, **chosen.settings)
    if not isinstance(made, Optimizer):
        raise TypeError(f"must give a torch.optim.Optimizer, got {show(made)}")
    return made


def try_code(
    plugged: Mapping[str, Chosen], *, shape: tuple[int, int, int], classes: int, lr: float
) -> None:
    """Code that a recipe names, called once on the CPU for images of a shape (C, H, W).

    Torch's generators are left as they were. Raises SpecError with what it raises, or gives that is
    no loss, augmentation or optimizer.
    """
    for key, chosen in plugged.items():
        with _told(key, chosen):
            if chosen.kind == LOSS:
                _try_loss(chosen.made(), classes)
            elif chosen.kind == AUGMENTATION:
                _try_augmentation(chosen.made(), shape)
            elif chosen.kind == OPTIMIZER:
                _try_optimizer(chosen, lr)


def _try_loss(loss: Callable[[Tensor, Tensor], Any], classes: int) -> None:
    import torch

    logits = torch.randn(IMAGES, classes, requires_grad=True)
    found = loss(logits, torch.arange(IMAGES) % classes)
    if not isinstance(found, torch.Tensor) or found.shape or not found.requires_grad:
        rule = "must give a scalar tensor that follows from the logits"
        raise TypeError(f"{rule}, got {_shown(found)}")


def _try_augmentation(augmentation: Callable[[Tensor], Any], shape: tuple[int, ...]) -> None:
    import torch

    images = torch.randn(IMAGES, *shape)
    found = augmentation(images.clone())
    same = isinstance(found, torch.Tensor) and found.shape == images.shape
    if not same or found.dtype != images.dtype:
        raise TypeError(f"must give images as it takes them, {_shown(images)}, got {_shown(found)}")


def _try_optimizer(chosen: Chosen, lr: float) -> None:
    """On weights as networks have them: of a convolution, a norm and a linear layer."""
    import torch
    from torch import nn

    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(2, 3))
    weights = list(network.parameters())
    optimizer = made_optimizer(chosen, weights, lr, 0.0)
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimizer.step()


def _shown(value: Any) -> str:
    shape, dtype = (getattr(value, name, None) for name in ("shape", "dtype"))
    return show(value) if dtype is None else f"{dtype} {tuple(shape or ())}"


@contextmanager
def _told(key: str, chosen: Chosen) -> Iterator[None]:
    """What code raises inside -> SpecError, in a line."""
    import torch

    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            yield
    except Exception as error:  # whatever a user's code does
        told = " ".join(str(error).split()) or "without a word"
        message = f"{chosen.name}: {type(error).__name__}: {told}"
        raise SpecError([Fault(f"recipe.{key}", message)]) from error
