"""The loss of a module with companions, by hand, and of one without them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ablate.cells import Recipe
from ablate.costs import trace_step
from ablate.models import loss_and_logits
from ablate.models.companions import WithCompanions
from ablate.training import TrainingStep, make_optimizer

TARGETS = torch.tensor([0, 1, 2])


def made(*seeds: int) -> list[Tensor]:
    return [torch.randn(3, 4, generator=torch.Generator().manual_seed(seed)) for seed in seeds]


class Pair(nn.Module):
    """A linear classifier, and another one as its companion."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.companion = (nn.Linear(2, 3, bias=False) for _ in range(2))
        nn.init.eye_(self.own.weight)
        nn.init.eye_(self.companion.weight)

    def forward(self, x: Tensor) -> Tensor | WithCompanions:
        if not self.training:
            return self.own(x)
        return WithCompanions(self.own(x), (self.companion(x),), 0.25)


def test_logits_alone_are_their_own_loss() -> None:
    (logits,) = made(0)
    loss, own = loss_and_logits(cross_entropy, logits, TARGETS)
    assert own is logits
    assert torch.equal(loss, cross_entropy(logits, TARGETS))


def test_companions_add_their_weighted_losses() -> None:
    logits, one, two = made(0, 1, 2)
    loss, own = loss_and_logits(cross_entropy, WithCompanions(logits, (one, two), 0.3), TARGETS)
    assert own is logits
    parts = [cross_entropy(each, TARGETS).item() for each in (logits, one, two)]
    assert loss.item() == pytest.approx(parts[0] + 0.3 * parts[1] + 0.3 * parts[2])


def test_a_training_step_lowers_both_and_answers_with_the_networks_own() -> None:
    module, x, y = Pair(), torch.eye(2), torch.tensor([1, 0])
    recipe = Recipe(epochs=1, lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0)
    optimizer = make_optimizer(recipe, module)
    cpu = torch.device("cpu")
    step = TrainingStep(recipe, module, optimizer, lambda draw: (x, y), cpu, module)
    step((torch.empty(2),))
    assert int(step.sums.wrong) == 2
    start = cross_entropy(torch.eye(2, 3), y).item()
    assert step.sums.loss.item() == pytest.approx(2 * 1.25 * start)
    moved, companion = (layer.weight.detach() - torch.eye(3, 2) for layer in module.children())
    torch.testing.assert_close(companion, 0.25 * moved)
    assert (moved != 0).all()


def test_what_a_companion_saves_is_counted() -> None:
    def counted(module: nn.Module) -> tuple[int, int, int]:
        step = trace_step(module, torch.ones(2, 2))
        return step.params, step.macs, step.saved_bytes

    params, macs, saved = counted(Pair())
    alone = counted(Pair().own)
    assert (params, macs) == (2 * alone[0], 2 * alone[1])
    # The companion's log-probabilities and the weight of its images; the images are there once.
    assert saved == alone[2] + 2 * 3 * 4 + 4
