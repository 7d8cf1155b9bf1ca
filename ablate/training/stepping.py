"""What is done with one batch, from its draw on.

A step looks at no value and leaves its results in tensors that stay where they are: so the very
same call runs on a CPU, runs on a GPU kernel by kernel, and is recorded there as one graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ablate.cells import Recipe
from ablate.data import Draw, images_of
from ablate.models import loss_and_logits
from ablate.training.altering import Labels, Mixture
from ablate.training.averaging import Average
from ablate.training.optimizing import make_loss, reads_rate
from ablate.training.parts import RunningStatistics, parts_of
from ablate.training.ranks import Ranks

_PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
Make = Callable[[Draw], tuple[Tensor, Tensor]]  # a draw -> images and labels
MakeAltered = Callable[[Draw], tuple[Tensor, Labels]]  # the same for training
Forward = Callable[[Tensor], Any]  # images -> logits, in training perhaps with companions


class Step(Protocol):
    """What is done with a batch."""

    def __call__(self, draw: Draw) -> None: ...

    def changes(self) -> Iterable[Tensor]:
        """Every tensor that a call changes."""


class Sums:
    """Loss and wrong answers of the images so far, on their device."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.loss = torch.zeros((), dtype=dtype, device=device)
        self.wrong = torch.zeros((), dtype=torch.int64, device=device)

    def clear(self) -> None:
        self.loss.zero_()
        self.wrong.zero_()

    def add(self, loss: Tensor, predicted: Tensor, labels: Tensor) -> None:
        """The sum of a batch's losses, and its answers."""
        self.loss += loss
        self.wrong += (predicted != labels).sum()


class Answers:
    """The predicted class of every image of a pass, in order, on their device."""

    def __init__(self, images: int, device: torch.device) -> None:
        self.classes = torch.zeros(images, dtype=torch.int64, device=device)
        self.seen = torch.zeros((), dtype=torch.int64, device=device)

    def clear(self) -> None:
        self.seen.zero_()

    def add(self, predicted: Tensor) -> None:
        """Those of the next batch. Past the last image, where steps warm up, it begins again."""
        batch = torch.arange(len(predicted), device=predicted.device)
        where = (batch + self.seen) % len(self.classes)
        self.classes.index_copy_(0, where, predicted)
        self.seen += len(predicted)


class TrainingStep:
    """One optimizer step on the batch of a draw, added to the epoch's sums."""

    def __init__(
        self,
        recipe: Recipe,
        module: nn.Module,
        optimizer: Optimizer,
        make: MakeAltered,
        device: torch.device,
        forward: Forward,
        ranks: Ranks = Ranks(),
    ) -> None:
        self.module, self.optimizer, self.make, self.forward = module, optimizer, make, forward
        self.ranks = ranks
        self.precision, self.device = recipe.precision, device
        self.accumulate, self.clip_norm = recipe.accumulate, recipe.clip_norm
        self.criterion = make_loss(recipe, device)
        self.scaler = torch.GradScaler(device.type, enabled=recipe.precision == "fp16")
        self.scaler.scale(torch.zeros((), device=device))  # its tensors are there from now on
        self.sums = Sums(device, torch.float32)
        # Where the kernels read the learning rates of groups of weights.
        as_tensors = device.type == "cuda" and reads_rate(optimizer)
        groups = optimizer.param_groups if as_tensors else []
        self.rates = [torch.zeros((), device=device) for _ in groups]
        self.statistics = RunningStatistics(module)
        self.average = Average(module, recipe.ema_decay) if recipe.ema_decay else None

    def __call__(self, draw: Draw) -> None:
        (x, y), images = self.make(draw), images_of(draw)
        loss, logits = self.update(x, y, images)
        labels = y.prevailing if isinstance(y, Mixture) else y
        self.sums.add(loss * images, logits.argmax(1), labels)

    def update(self, x: Tensor, y: Labels, images: int | None = None) -> tuple[Tensor, Tensor]:
        """One optimizer step on a batch, part by part -> (loss, logits), detached.

        Of a batch of `images` that several processes share, x and y are what is this one's, and so
        are the logits and the term of the loss; the step is that of all of them.
        """
        self.optimizer.zero_grad(set_to_none=True)
        images = len(y) if images is None else images
        parts = parts_of(images, self.accumulate)
        mine = len(range(parts)[self.ranks.parts(parts)])
        turns: Iterable[tuple[Tensor, Labels]] = ()
        if mine:
            turns = zip(x.tensor_split(mine), y.tensor_split(mine), strict=True)
        if parts > 1 or self.ranks.number > 1:
            turns = self.statistics.moved_apart(turns, parts)
        done = [
            self._add_gradients(part, labels, share=len(labels) / images) for part, labels in turns
        ]
        self._add_up()
        self._clip()
        with self._rate_as_tensor():
            self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.average is not None:
            self.average.update()
        if not done:
            return self.sums.loss.new_zeros(()), x.new_zeros(0, 1)
        if len(done) == 1:
            return done[0]
        losses, logits = zip(*done, strict=True)
        return torch.stack(losses).sum(), torch.cat(logits)

    def _add_gradients(self, x: Tensor, y: Labels, share: float) -> tuple[Tensor, Tensor]:
        """A part's gradients, added to those before -> (its share of the loss, logits)."""
        with autocast(self.device, self.precision):
            loss, logits = loss_and_logits(self._loss, self.forward(x), y)
        if share < 1:
            loss = loss * share
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        return loss.detach(), logits.detach()

    def _loss(self, logits: Tensor, y: Labels) -> Tensor:
        if isinstance(y, Mixture):
            return y.loss(self.criterion, logits)
        return self.criterion(logits, y)

    def _add_up(self) -> None:
        """Gradients and running statistics, of which every process has its parts' -> their sums."""
        if self.ranks.number == 1:
            return
        gradients = []
        for weight in self.module.parameters():
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
            gradients.append(weight.grad)
        self.ranks.add_up([*gradients, *self.statistics.moving])

    def _clip(self) -> None:
        """Gradients of the whole step, unscaled, down to the largest norm that is asked for."""
        if self.clip_norm is not None:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.module.parameters(), self.clip_norm)

    def totals(self) -> tuple[float, int]:
        """Loss and wrong answers of the images so far, on all processes that share them."""
        loss, wrong = self.sums.loss.clone(), self.sums.wrong.clone()
        self.ranks.add_up([loss])
        self.ranks.add_up([wrong])
        return float(loss), int(wrong)

    def averaged(self, steps: int) -> AbstractContextManager[None]:
        """Meanwhile the module has the average of its weights over so many steps, if it has one."""
        return nullcontext() if self.average is None else self.average.in_place(steps)

    def set_rate(self) -> None:
        """Tell the kernels the rates that the schedule has given the optimizer."""
        for rate, group in zip(self.rates, self.optimizer.param_groups, strict=False):
            rate.fill_(group["lr"])

    @contextmanager
    def _rate_as_tensor(self) -> Iterator[None]:
        """Only while the optimizer steps: schedules and checkpoints keep to exact numbers."""
        groups = self.optimizer.param_groups[: len(self.rates)]
        numbers = [group["lr"] for group in groups]
        for group, rate in zip(groups, self.rates, strict=True):
            group["lr"] = rate
        try:
            yield
        finally:
            for group, number in zip(groups, numbers, strict=True):
                group["lr"] = number

    def changes(self) -> Iterator[Tensor]:
        yield from self.module.parameters()
        yield from self.module.buffers()
        for state in self.optimizer.state.values():
            yield from (value for value in state.values() if isinstance(value, Tensor))
        if self.average is not None:
            yield from self.average.sums
        if self.scaler.is_enabled():
            yield from filter(torch.is_tensor, (self.scaler._scale, self.scaler._growth_tracker))
        yield from (self.sums.loss, self.sums.wrong)


class EvaluationStep:
    """Loss, without smoothing, and answers of the batch of a draw, out of a pass over `images`."""

    def __init__(
        self, recipe: Recipe, make: Make, device: torch.device, forward: Forward, images: int
    ) -> None:
        self.make, self.forward = make, forward
        self.precision, self.device = recipe.precision, device
        self.sums = Sums(device, torch.float64)
        self.answers = Answers(images, device)

    def clear(self) -> None:
        """Begin a pass."""
        self.sums.clear()
        self.answers.clear()

    @torch.inference_mode()
    def __call__(self, draw: Draw) -> None:
        x, y = self.make(draw)
        with autocast(self.device, self.precision):
            logits = self.forward(x).float()
        predicted = logits.argmax(1)
        self.sums.add(nn.functional.cross_entropy(logits, y, reduction="sum"), predicted, y)
        self.answers.add(predicted)

    def changes(self) -> Iterator[Tensor]:
        yield from (self.sums.loss, self.sums.wrong)
        yield from (self.answers.classes, self.answers.seen)


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """A recipe's precision. Each weight is cast once a step, and no copy outlives a graph."""
    return torch.autocast(
        device.type,
        dtype=_PRECISIONS[precision],
        enabled=precision != "fp32",
        cache_enabled=False,
    )
