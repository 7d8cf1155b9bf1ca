"""A cell's training and evaluation steps, as training makes them, on fake CUDA tensors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ablate.cells import Recipe
from ablate.data import Feed, Files, feed
from ablate.machine import first_line
from ablate.models import build
from ablate.networks import architecture
from ablate.training import (
    EVALUATION_BATCH,
    Altered,
    EvaluationStep,
    Step,
    TrainingStep,
    make_optimizer,
    make_schedule,
)
from tests.fake_cuda.cells import TracedCell
from tests.fake_cuda.pretence import fake_cuda
from tests.fake_cuda.watch import Unrecordable, Watch, differences

CUDA = torch.device("cuda")


@dataclass(frozen=True)
class Trace:
    """A training step and one of evaluation in numbers, and what is wrong with them."""

    kind: str  # class of the module
    launches: int
    small: int  # launches that move less than a MiB
    bytes: int
    evaluation_launches: int
    evaluation_bytes: int
    operators: dict[str, tuple[int, int]]  # of the training step: launches and bytes of each
    faults: list[str]


def trace(cell: TracedCell, step_class: type[TrainingStep] = TrainingStep) -> Trace:
    """A cell -> its second training step, and its second step of evaluation.

    Faults are what a graph of it could not be, or would do wrong: see `Watch`; a third step that
    differs; changed tensors that recording would not put back; gradients that are not there, or
    lie otherwise than their weights.
    """
    recipe, facts = Recipe(**{"epochs": 1, "lr_drops": (0.5,), **cell.recipe}), cell.facts
    network = architecture(**cell.network).resolve(
        in_channels=facts.channels, classes=facts.classes, image_size=facts.image_size
    )
    module = build(network, memory=cell.memory, device="meta")
    with fake_cuda(strict=cell.strict):
        _onto_cuda(module, cell.channels_last)
        at_once = recipe.images_at_once if facts.streamed else EVALUATION_BATCH
        plain, evaluated = (_feed(cell, size) for size in (recipe.batch_size, at_once))
        train = Altered(plain, recipe, CUDA) if recipe.alters else plain
        optimizer = make_optimizer(recipe, module)
        schedule = make_schedule(recipe, optimizer, steps=4)  # the rate drops after the second
        step = step_class(recipe, module, optimizer, train.make, CUDA, module)
        step.set_rate()

        def next_rate() -> None:
            schedule.step()
            step.set_rate()

        draw = train.blank(train.batch_size, augmented=cell.augment)
        training, faults = _watched(step, lambda: step(draw), next_rate, cell.compared)
        faults += _wrong_gradients(module) if not faults else []
        module.eval()
        evaluation = EvaluationStep(
            recipe, evaluated.make, CUDA, module, images=4 * evaluated.batch_size
        )
        draw = evaluated.blank(evaluated.batch_size, augmented=False)
        evaluating, more = _watched(
            evaluation, lambda: evaluation(draw), lambda: None, cell.compared
        )
    return Trace(
        kind=type(module).__name__,
        launches=training.launches,
        small=training.small,
        bytes=training.bytes,
        evaluation_launches=evaluating.launches,
        evaluation_bytes=evaluating.bytes,
        operators={
            name: (count, training.bytes_of[name])
            for name, count in training.launches_of.most_common()
        },
        faults=list(dict.fromkeys(faults + more)),
    )


def _onto_cuda(module: nn.Module, channels_last: bool) -> None:
    """As `Module.to` does, which cannot put fake tensors in the place of others."""

    def anew(tensor: Tensor) -> Tensor:
        last = channels_last and tensor.dim() == 4
        return torch.empty(
            tensor.shape,
            dtype=tensor.dtype,
            device=CUDA,
            memory_format=torch.channels_last if last else torch.contiguous_format,
        )

    module._apply(anew)  # type: ignore[no-untyped-call]


def _feed(cell: TracedCell, images: int) -> Feed:
    """One batch."""
    facts = cell.facts
    x: Tensor | Files = Files(Path(), np.zeros(images, dtype=np.bytes_))
    if not facts.streamed:
        shape = (images, facts.image_size, facts.image_size, facts.channels)
        x = torch.zeros(shape, dtype=torch.uint8)
    y = torch.zeros(images, dtype=torch.int64)
    return feed(x, y, facts, batch_size=images, device=CUDA, channels_last=cell.channels_last)


def _watched(
    step: Step, call: Callable[[], None], between: Callable[[], None], compared: bool
) -> tuple[Watch, list[str]]:
    """Calls of a step -> the second, and its faults. The first may do what later ones need not."""
    seen: list[Watch] = []
    faults: list[str] = []
    try:
        if not compared:  # nothing is asked of the first, which is quicker unwatched
            call()
        for _ in range(1 + 2 * compared):
            with Watch() as watch:
                seen.append(watch)
                call()
            between()
    except Unrecordable:
        pass  # the watch tells why
    except Exception as error:
        faults.append(f"{type(error).__name__}: {first_line(error)}")
    else:
        second, *third = seen[compared:]
        known = {tensor.untyped_storage()._cdata for tensor in step.changes()}
        faults += [f"{told}, which recording does not put back" for told in second.left(known)]
        faults += differences(second, *third) if third else []
    told = seen[compared:] or seen or [Watch()]
    return told[0], [fault for watch in told for fault in watch.faults] + faults


def _wrong_gradients(module: nn.Module) -> Iterator[str]:
    """Gradients that an optimizer's fused kernel cannot take as they lie."""
    for name, parameter in module.named_parameters():
        if parameter.grad is None:
            yield f"{name}: no gradient"
        elif _laid(parameter.grad) != _laid(parameter):
            strides = f"{parameter.grad.stride()}, its weight {parameter.stride()}"
            yield f"{name}: the gradient has strides {strides}"


def _laid(tensor: Tensor) -> list[tuple[int, int]]:
    """Lengths and strides, but of axes of length one, whose stride says nothing."""
    return [pair for pair in zip(tensor.shape, tensor.stride(), strict=True) if pair[0] > 1]
