"""How well a network does with five guesses, and on ten crops: ImageNet's measures."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ablate.cells import Recipe
from ablate.data import Feed
from ablate.training.stepping import Answers, autocast

TEN = 10
MIDDLE = 4  # which of the ten is the one that evaluation looks at alone
GUESSES = 5


@torch.inference_mode()
def ten_crop_errors(
    module: nn.Module, crops: Feed, recipe: Recipe, device: torch.device
) -> tuple[dict[str, float], Tensor]:
    """A module in eval mode and a feed of ten crops an image -> (errors in percent, classes).

    `top5_error` is of the crop in the middle, `ten_crop_error` and `ten_crop_top5_error` of the
    mean of the probabilities that the network gives for the ten, and so are the predicted classes,
    one per image in order, on the CPU. DenseNet's authors sum the raw outputs of the last layer
    instead, so that their 10-crop errors are not quite of the same measure.
    """
    answers = Answers(crops.images, device)
    wrong = torch.zeros(3, dtype=torch.int64, device=device)
    for draw in crops.in_order():
        x, y = crops.make(draw)
        with autocast(device, recipe.precision):
            logits = module(x).float()
        each = logits.log_softmax(1).unflatten(0, (len(y), TEN))
        mean = each.logsumexp(1) - math.log(TEN)
        wrong[0] += _missed(each[:, MIDDLE], y, GUESSES)
        predicted = mean.argmax(1)
        answers.add(predicted)
        wrong[1] += (predicted != y).sum()
        wrong[2] += _missed(mean, y, GUESSES)
    names = ("top5_error", "ten_crop_error", "ten_crop_top5_error")
    errors = {
        name: 100 * count / crops.images for name, count in zip(names, wrong.tolist(), strict=True)
    }
    return errors, answers.classes.cpu()


def _missed(scores: Tensor, labels: Tensor, guesses: int) -> Tensor:
    """Images whose label is not among the classes of the highest scores."""
    best = scores.topk(min(guesses, scores.shape[1])).indices
    return (best != labels[:, None]).all(1).sum()
