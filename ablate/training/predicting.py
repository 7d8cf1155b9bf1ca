"""What a network answers: while its cell trains, and anew where versions of before kept nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn

from ablate.cells import CLASS_NAMES, CellFolder, Data, Predictions, Recipe, read_cell
from ablate.data import Feed, Files, Images, Split, feed, split
from ablate.errors import MissingDataError
from ablate.models import build
from ablate.text import read_file
from ablate.training.replaying import Program
from ablate.training.stepping import EvaluationStep, Forward

log = logging.getLogger("ablate")
_AT_ONCE = 64  # images


def evaluated(
    images: Images, data: Data, parts: Split
) -> tuple[torch.Tensor | Files, torch.Tensor]:
    """The images that a cell's error is of, and their labels."""
    if data.evaluate == "test":
        return images.x_test, images.y_test
    return images.x_train[parts.held_out], images.y_train[parts.held_out]


class Evaluation:
    """Passes over the images of a feed, in order."""

    def __init__(
        self,
        recipe: Recipe,
        batches: Feed,
        device: torch.device,
        module: nn.Module,
        forward: Forward | None = None,
    ) -> None:
        self.batches, self.module = batches, module
        # A compiled module may have no length, by which `or` would ask for its truth.
        forward = module if forward is None else forward
        self.step = EvaluationStep(recipe, batches.make, device, forward, batches.images)
        self.run = Program(self.step)

    def __call__(self) -> tuple[float, float]:
        """A pass -> (mean loss, error in percent)."""
        self.module.eval()
        self.step.clear()
        for draw in self.batches.in_order():
            self.run(draw)
        loss, wrong = float(self.step.sums.loss), int(self.step.sums.wrong)
        return loss / self.batches.images, 100 * wrong / self.batches.images

    @property
    def predicted(self) -> torch.Tensor:
        """The class that the last pass took each image for, (images,) int32 on the CPU."""
        return self.step.answers.classes.to("cpu", torch.int32, copy=True)


def predict(folder: CellFolder, images: Images, result: Mapping[str, Any]) -> Predictions:
    """The predictions of a finished cell's weights for the images that it was evaluated on.

    On the CPU: where they do not come to the error of its `result`, as other devices round
    otherwise, that is logged. Raises MissingDataError where the images are others.
    """
    cell = read_cell(read_file(folder.cell), images.facts)
    parts = split(images.y_train, cell.data, images.facts, picks=cell.picks)
    if (images.sha256, parts.sha256) != (result["data_sha256"], result["split_sha256"]):
        raise MissingDataError(
            f"{cell.data.name or cell.data.dataset}: its images, or which of them are evaluated, "
            f"have changed since {folder.path.name} was trained"
        )
    module = build(cell.architecture.trained())
    module.load_state_dict(load_file(folder.weights))
    x, y = evaluated(images, cell.data, parts)
    cpu = torch.device("cpu")
    batches = feed(x, y, images.facts, batch_size=_AT_ONCE, device=cpu)
    evaluation = Evaluation(cell.recipe, batches, cpu, module)
    evaluation()
    found = Predictions(
        y.numpy(),
        evaluation.predicted.numpy(),
        images.facts.classes,
        images.classes or CLASS_NAMES.get(cell.data.dataset, ()),
    )
    if found.error != result["error"]:
        log.warning(
            "%s: its weights have an error of %.4g %% here, and had %.4g %% when it was trained",
            folder.path,
            found.error,
            result["error"],
        )
    return found
