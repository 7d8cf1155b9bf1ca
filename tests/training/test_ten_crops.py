"""Five guesses and ten crops, against sums by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from ablate.cells import Recipe
from ablate.training.ten_crops import ten_crop_errors

CPU = torch.device("cpu")


class Scripted:
    """Batches whose images are the logits that a network would give for them."""

    def __init__(self, probabilities: Tensor, labels: list[int]) -> None:
        self.probabilities, self.y, self.images = probabilities, torch.tensor(labels), len(labels)

    def in_order(self) -> list[tuple[Tensor, ...]]:
        return [(self.y[:1],), (self.y[1:],)]

    def make(self, draw: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        part = slice(0, 1) if draw[0] is not None and len(draw[0]) == 1 else slice(1, None)
        # Logits are probabilities up to a constant that each image has of its own.
        x = self.probabilities[part].log() + torch.arange(10)[:, None]
        return x.flatten(0, 1), self.y[part]


def probabilities(middle: list[float], others: list[float]) -> Tensor:
    return torch.tensor([middle if crop == 4 else others for crop in range(10)])


def test_the_mean_is_of_probabilities_and_the_middle_is_the_fifth_crop() -> None:
    sure = [0.01, 0.02, 0.03, 0.04, 0.05, 0.15, 0.70]
    torn = [0.26, 0.24, 0.20, 0.12, 0.08, 0.06, 0.04]
    pairs = [(sure, torn, 0), (sure, torn, 6), (torn, sure, 0)]
    crops = torch.stack([probabilities(middle, others) for middle, others, _ in pairs])
    means = crops.mean(1)
    feed = Scripted(crops, [label for *_, label in pairs])
    found, predicted = ten_crop_errors(nn.Identity(), feed, Recipe(epochs=1), CPU)  # type: ignore[arg-type]
    labels = torch.tensor([0, 6, 0])
    ranks = (means > means.gather(1, labels[:, None])).sum(1)
    assert found == {
        "top5_error": pytest.approx(100 / 3),  # class 0 is the least likely where `sure` is middle
        "ten_crop_error": pytest.approx(100 * (ranks >= 1).sum().item() / 3),
        "ten_crop_top5_error": pytest.approx(100 * (ranks >= 5).sum().item() / 3),
    }
    assert ranks.tolist() == [0, 4, 6]
    assert predicted.tolist() == means.argmax(1).tolist()


def test_few_classes_are_all_among_five_guesses() -> None:
    crops = torch.stack([probabilities([0.9, 0.1], [0.2, 0.8])] * 3)
    feed = Scripted(crops, [0, 1, 1])
    found, predicted = ten_crop_errors(nn.Identity(), feed, Recipe(epochs=1), CPU)  # type: ignore[arg-type]
    assert found["top5_error"] == found["ten_crop_top5_error"] == 0
    assert found["ten_crop_error"] == pytest.approx(100 / 3)
    assert predicted.tolist() == [1, 1, 1]
