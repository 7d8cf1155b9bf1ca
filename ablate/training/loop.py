"""The training loop: a cell and its images -> a trained module and a curve."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ablate.cells import CLASS_NAMES, Cell, Predictions
from ablate.data import Draw, Feed, Files, Images, feed, sizes_in, split
from ablate.errors import Diverged, TimedOut
from ablate.models import build
from ablate.training.altering import Altered
from ablate.training.checkpoint import load_checkpoint, save_checkpoint
from ablate.training.compiling import compiled
from ablate.training.execution import Execution, executing
from ablate.training.optimizing import load_optimizer, make_optimizer, make_schedule
from ablate.training.outcomes import outcomes
from ablate.training.predicting import Evaluation, evaluated
from ablate.training.ranks import Ranks
from ablate.training.replaying import Program, Recording, record, uncapturable, why_not_captured
from ablate.training.results import Epoch, Fit, Progress, Reporter, known
from ablate.training.seeds import child_generator, child_seed, seed_device
from ablate.training.stepping import Forward, TrainingStep
from ablate.training.ten_crops import TEN, ten_crop_errors

log = logging.getLogger(__name__)
EVALUATION_BATCH = 256
# With fewer steps cuDNN's search for kernels takes longer than it saves: for BC-100-12 on an H100
# 4.7 s for 1.1 ms a step in fp32, 3.9 s for 0.3 ms in bf16 (benchmarks/results/h100/searches.csv).
SEARCHED_FROM = 10_000
# A loss is looked at this often, because looking makes a GPU wait.
STEPS_BETWEEN_LOOKS = 25


def fit(
    cell: Cell,
    images: Images,
    execution: Execution | None = None,
    *,
    checkpoint: Path | None = None,
    before_save: Callable[[], None] = lambda: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    ranks: Ranks = Ranks(),
) -> Fit:
    """A cell and its images -> a trained module and its curve.

    With `checkpoint` training goes on from that file and writes it after every epoch; interrupted
    and uninterrupted runs give the same numbers. `before_save` may raise to stop instead.
    `on_epoch` is called for every epoch, those found in the checkpoint included. Where several
    processes share a cell this is the first of `ranks`, and the others `assist`.

    Raises Diverged, OutOfMemory and TimedOut, and RecordingFailed where torch is of no more use.
    Torch's global generators and switches are left as they were.
    """
    execution = execution or Execution()
    with (
        executing(execution, child_seed(cell.seed, "torch")),
        outcomes(torch.device(execution.device)),
    ):
        run = _Run(cell, images, execution, ranks, on_progress)
        run.resume(checkpoint, on_epoch)
        while len(run.curve) < cell.recipe.epochs:
            run.epoch()
            if checkpoint is not None:
                before_save()
                save_checkpoint(checkpoint, run.state())
            on_epoch(run.curve[-1])
        last = run.curve[-1].loss
        if last is None or not math.isfinite(last):  # by a step that no later loss has seen
            raise Diverged("the loss was not finite after the last epoch")
        return run.fit()


def assist(cell: Cell, images: Images, execution: Execution, ranks: Ranks) -> None:
    """Do this process's parts of every batch of a cell, of which the first of `ranks` does `fit`.

    It goes on from that one's checkpoint, and evaluates and writes nothing. Raises as `fit`.
    """
    with (
        executing(execution, child_seed(cell.seed, "torch")),
        outcomes(torch.device(execution.device)),
    ):
        run = _Run(cell, images, execution, ranks, lambda progress: None)
        run.resume(None, lambda epoch: None)
        while len(run.curve) < cell.recipe.epochs:
            run.epoch()


class _Run:
    """The state of a cell in training."""

    def __init__(
        self,
        cell: Cell,
        images: Images,
        execution: Execution,
        ranks: Ranks,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.cell, self.images, self.execution, self.ranks = cell, images, execution, ranks
        self.recipe, self.device = cell.recipe, torch.device(execution.device)
        recipe = cell.recipe
        self.split = split(images.y_train, cell.data, images.facts, picks=cell.picks)
        train = self.split.train
        made = self._feed(images.x_train[train], images.y_train[train], recipe.batch_size)
        made.share = partial(ranks.images, accumulate=recipe.accumulate)
        self.train = Altered(made, recipe, self.device) if recipe.alters else made
        # Of large images no more than a training step holds; of small ones a number that is quick.
        at_once = recipe.images_at_once if images.facts.streamed else EVALUATION_BATCH
        self.evaluated = self._feed(*self._looked_at(), at_once)
        self.module = build(
            cell.architecture,
            memory=execution.memory,
            seed=child_seed(cell.seed, "init"),
            device=self.device,
        )
        if execution.channels_last:
            self.module.to(memory_format=torch.channels_last)
        self.report = Reporter(on_progress, recipe, self.train.images)
        self.steps = len(self.train) * self.recipe.epochs
        self.optimizer = make_optimizer(self.recipe, self.module)
        self.schedule = make_schedule(self.recipe, self.optimizer, self.steps)
        self._write_programs()
        self.curve: list[Epoch] = []
        self.predicted: torch.Tensor | None = None  # classes, by the last evaluation
        self.picked: dict[str, Any] | None = None  # the epoch to report and its weights, so far

    def _write_programs(self) -> None:
        recipe, device = self.recipe, self.device
        black_border = self.cell.data.pad == "black"
        make = partial(self.train.make, black_border=black_border)
        forward: Forward = self.module
        if self.execution.compile:
            sizes = self.recipe.images_at_once, self.evaluated.batch_size
            forward = compiled(self.module, sizes)
        training = recipe, self.module, self.optimizer, make, device, forward, self.ranks
        self.training = TrainingStep(*training)
        self.evaluation = Evaluation(recipe, self.evaluated, device, self.module, forward)
        pays = self.execution.determinism == "fast" and self.steps >= SEARCHED_FROM
        searched = self.train.batch_size if pays else None
        self.train_on = Program(self.training, searched=searched)
        why = why_not_captured(recipe, self.execution)
        why = why or uncapturable(recipe, self.optimizer, self.train)
        self.to_be_recorded = not why
        if why:
            log.info("capture: steps run kernel by kernel: %s", why)

    def _record(self) -> None:
        """Record the steps that are left, before the first of them; a single one is no graph."""
        self.to_be_recorded = False
        left = self.recipe.epochs - len(self.curve)
        evaluations = left if self.cell.holds_out else 1
        augmented = self.cell.data.augment
        recordings = [
            Recording(program, batches.blank(images, augmented=drawn), ready)
            for program, batches, passes, drawn, ready in (
                (self.train_on, self.train, left, augmented, self.module.train),
                (self.evaluation.run, self.evaluated, evaluations, False, self.module.eval),
            )
            if passes * len(batches) > 1
            for images in sizes_in(batches.images, batches.batch_size)
        ]
        record(recordings, self.device)
        self.module.train()

    @property
    def _is_begun(self) -> bool:
        """Whether what an optimizer keeps is there: of ours it begins at zero, of others it need
        not, so that their first step comes before steps are recorded.
        """
        return "optimizer" not in self.recipe.plugged or bool(self.optimizer.state)

    def _feed(
        self, x: torch.Tensor | Files, y: torch.Tensor, batch_size: int, crops: int = 1
    ) -> Feed:
        return feed(
            x,
            y,
            self.images.facts,
            batch_size=batch_size,
            device=self.device,
            channels_last=self.execution.channels_last,
            loaders=0 if self.execution.loaders == "auto" else self.execution.loaders,
            crops=crops,
        )

    def _evaluated(self) -> tuple[torch.Tensor | Files, torch.Tensor]:
        return evaluated(self.images, self.cell.data, self.split)

    def _looked_at(self) -> tuple[torch.Tensor | Files, torch.Tensor]:
        """The images that are evaluated while it trains: held out, if any are."""
        x, y, held_out = self.images.x_train, self.images.y_train, self.split.held_out
        return (x[held_out], y[held_out]) if self.cell.holds_out else self._evaluated()

    def state(self) -> dict[str, Any]:
        """Everything that the rest of the training depends on.

        Generators are not in it: they are seeded anew for every epoch.
        """
        return {
            "key": self.cell.key,
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.training.scaler.state_dict(),
            "curve": [asdict(epoch) for epoch in self.curve],
            "predicted": self.predicted,
            **({"picked": self.picked} if self.picked else {}),
            **({"average": average.sums} if (average := self.training.average) else {}),
        }

    def resume(self, checkpoint: Path | None, on_epoch: Callable[[Epoch], None]) -> None:
        state = load_checkpoint(checkpoint) if checkpoint else None
        if state is not None and state["key"] != self.cell.key:
            log.warning("%s is of another cell and is ignored", checkpoint)
            state = None
        state = self.ranks.from_first(state)
        if state is None:
            return
        self.module.load_state_dict(state["module"])
        load_optimizer(self.optimizer, state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.training.scaler.load_state_dict(state["scaler"])
        self.curve = [Epoch(**row) for row in state["curve"]]
        self.predicted = state.get("predicted")  # a version that kept none may have stopped here
        self.picked = state.get("picked")
        if self.training.average is not None:
            self.training.average.load(state["average"])
        for row in self.curve:
            on_epoch(row)

    def epoch(self) -> None:
        """Train on every image once, evaluate, and append a row to the curve."""
        number, start = len(self.curve) + 1, time.perf_counter()
        if self.to_be_recorded and self._is_begun:
            self._record()
        seed_device(self.device, child_seed(self.cell.seed, "dropout", number, *self.ranks.apart))
        lr = self._rate
        self.training.sums.clear()
        self.module.train()
        for step, draw in enumerate(self._draws(number)):
            lr = self._rate
            self.training.set_rate()
            self.train_on(draw)
            self.schedule.step()
            if self.to_be_recorded:
                self._record()
            if step % STEPS_BETWEEN_LOOKS == 0:
                self._look(number, start)
            error = self.curve[-1].error if self.curve else None
            self.report(number - 1 + (step + 1) / len(self.train), step + 1, start, error)
        self._look(number, start)
        loss_value, error = None, None
        if self.ranks.is_first and (self.cell.holds_out or number == self.recipe.epochs):
            with self.training.averaged(number * len(self.train)):
                loss_value, error = self._evaluate()
                if self.cell.picks:
                    self._pick(error)
        train_loss, wrong = self.training.totals()
        self.curve.append(
            Epoch(
                epoch=number,
                train_loss=train_loss / self.train.images,
                train_error=100 * wrong / self.train.images,
                loss=loss_value,
                error=error,
                lr=lr,
                seconds=time.perf_counter() - start,
            )
        )

    def _pick(self, error: float) -> None:
        """Keep the weights of this epoch, on the CPU, if its error is the lowest so far."""
        if error < min((known(epoch.error) for epoch in self.curve), default=math.inf):
            state = self.module.state_dict()
            copy = {name: t.detach().to("cpu", copy=True) for name, t in state.items()}
            self.picked = {"epoch": len(self.curve) + 1, "module": copy}

    def fit(self) -> Fit:
        """What is reported once every epoch is done."""
        epoch = len(self.curve)
        if self.picked:
            epoch = self.picked["epoch"]
            self.module.load_state_dict(self.picked["module"])
        elif self.training.average is not None:
            self.training.average.settle(self.steps)
        test = self._test() if self.cell.picks else None
        if self.predicted is None:
            self._evaluate()
        assert self.predicted is not None
        module = self.module.eval()
        for program in (self.train_on, self.evaluation.run):
            program.replays.clear()  # graphs keep the memory that the crops may need
        more: dict[str, float] = {}
        by_crops = None
        if self.images.facts.streamed:
            crops = self._feed(*self._evaluated(), max(1, self.evaluated.batch_size // TEN), TEN)
            more, by_crops = ten_crop_errors(module, crops, self.recipe, self.device)
        predictions = Predictions(
            self._evaluated()[1].numpy(),
            self.predicted.numpy(),
            self.images.facts.classes,
            self.images.classes or CLASS_NAMES.get(self.cell.data.dataset, ()),
            None if by_crops is None else by_crops.numpy(),
        )
        about = self.split.sha256, epoch, self.images.note_on(self.split)
        return Fit(module, tuple(self.curve), *about, predictions, more, test)

    @property
    def _rate(self) -> float:
        return float(self.optimizer.param_groups[0]["lr"])

    def _draws(self, epoch: int) -> Iterable[Draw]:
        seed = self.cell.seed
        augment = child_generator(seed, "augment", epoch) if self.cell.data.augment else None
        return self.train.draws(child_generator(seed, "shuffle", epoch), augment)

    def _evaluate(self) -> tuple[float, float]:
        """(mean loss, error in percent) of what is looked at, whose predictions are kept."""
        found = self.evaluation()
        self.predicted = self.evaluation.predicted
        return found

    def _test(self) -> tuple[float, float]:
        """The same of the test set, once: with the weights of the epoch that was picked."""
        batches = self._feed(*self._evaluated(), self.evaluated.batch_size)
        test = Evaluation(self.recipe, batches, self.device, self.module)
        found = test()
        self.predicted = test.predicted
        return found

    def _look(self, epoch: int, start: float) -> None:
        """Raise Diverged or TimedOut where it is time to."""
        # A sum that was once not finite stays so: no step is missed.
        if not math.isfinite(self.training.totals()[0]):
            raise Diverged(f"the loss was not finite in epoch {epoch}")
        limit = self.execution.time_limit
        spent = sum(row.seconds for row in self.curve) + time.perf_counter() - start
        if limit is not None and spent > limit:
            raise TimedOut(f"more than {limit:g} s of training, in epoch {epoch}")
