"""Steps with faults planted in them, which tracing must find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from ablate.training import TrainingStep
from tests.fake_cuda.cells import PLAIN, TracedCell

CELL = TracedCell({**PLAIN, "block_layers": [1]})
Fault = Callable[[TrainingStep, Tensor, Tensor], object]  # of the step, its logits and labels
_begun: dict[TrainingStep, list[Tensor]] = {}  # what a fault keeps from step to step


def _with(fault: Fault) -> type[TrainingStep]:
    class Planted(TrainingStep):
        def update(self, x: Tensor, y: Tensor, images: int | None = None) -> tuple[Tensor, Tensor]:
            loss, logits = super().update(x, y, images)
            fault(self, logits, y)
            return loss, logits

    return Planted


class _RateAsNumber(TrainingStep):
    @contextmanager
    def _rate_as_tensor(self) -> Iterator[None]:
        yield


def _kept(step: TrainingStep) -> list[Tensor]:
    return _begun.setdefault(step, [])


def _every_other_step(step: TrainingStep, logits: Tensor, y: Tensor) -> None:
    _kept(step).append(logits)
    if len(_kept(step)) % 2:
        logits.relu()


def _reads_the_step_before(step: TrainingStep, logits: Tensor, y: Tensor) -> None:
    _kept(step).append(logits + sum(_kept(step)[-1:]))


def _counts(step: TrainingStep, logits: Tensor, y: Tensor) -> None:
    if not _kept(step):
        _kept(step).append(torch.zeros((), device=y.device))
    _kept(step)[0].add_(1)


def _forgets_a_gradient(step: TrainingStep, logits: Tensor, y: Tensor) -> None:
    next(step.module.parameters()).grad = None


def _turns_a_gradient(step: TrainingStep, logits: Tensor, y: Tensor) -> None:
    weight = next(step.module.parameters())
    assert weight.grad is not None
    weight.grad = weight.grad.contiguous()


# Each with what is told of it.
PLANTED: dict[str, tuple[type[TrainingStep], str]] = {
    "a value": (_with(lambda step, logits, y: float(logits.sum())), "the host needs its result"),
    "a comparison": (
        _with(lambda step, logits, y: torch.equal(y, y + 1)),
        "the host needs its result",
    ),
    "a mask": (_with(lambda step, logits, y: logits[y > 3]), "index.Tensor: a mask as an index"),
    "a mask assigned to": (
        _with(lambda step, logits, y: logits.index_put_((y > 3,), logits[0])),
        "index_put_.default: a mask as an index",
    ),
    "nonzero": (
        _with(lambda step, logits, y: y.nonzero()),
        "the shape of its result depends on data",
    ),
    "repeats": (
        _with(lambda step, logits, y: logits.repeat_interleave(y, 0)),
        "the shape of its result depends on data",
    ),
    "host to device": (
        _with(lambda step, logits, y: torch.tensor([1, 2], device=y.device)),
        "from cpu to cuda",
    ),
    "device to host": (_with(lambda step, logits, y: logits.cpu()), "from cuda to cpu"),
    "a copy to the host": (
        _with(lambda step, logits, y: torch.empty(logits.shape).copy_(logits)),
        "tensors of the CPU",
    ),
    "a vector on the host": (
        _with(lambda step, logits, y: logits + torch.empty(10)),
        r"tensors of the CPU, of shapes \[\(10,\)\], with those of the GPU",
    ),
    "a number on the host": (
        _with(lambda step, logits, y: logits * torch.empty(())),
        r"tensors of the CPU, of shapes \[\(\)\], with those of the GPU",
    ),
    "work on the host": (_with(lambda step, logits, y: torch.zeros(3)), "runs on the CPU"),
    "a generator of its own": (
        _with(lambda step, logits, y: logits.bernoulli_(generator=torch.Generator())),
        "a generator that graphs do not know",
    ),
    "a wait": (_with(lambda step, logits, y: torch.cuda.synchronize()), "RuntimeError: "),
    "a rate as a number": (_RateAsNumber, "another step runs aten._fused_sgd_"),
    "every other step": (_with(_every_other_step), "another step runs "),
    "the step before": (_with(_reads_the_step_before), "another step reads or changes other"),
    "a count of its own": (_with(_counts), "which recording does not put back"),
    "no gradient": (_with(_forgets_a_gradient), "stem.*: no gradient"),
    "a gradient turned": (_with(_turns_a_gradient), "stem.*: the gradient has strides"),
}
