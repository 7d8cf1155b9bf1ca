"""What a recipe does to training images: drawn beside their crops, and left out of evaluation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from ablate.cells import DATASETS, Recipe
from ablate.data import Batches, Draw, images_of
from ablate.training.altering import Altered, Mixture
from ablate.training.ranks import Ranks

CPU = torch.device("cpu")
CIFAR10 = DATASETS["cifar10"]
assert CIFAR10


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(count: int, batch_size: int, **recipe: Any) -> tuple[Batches, Altered]:
    """A feed of random images whose labels are their numbers, and the same altered."""
    shape = (count, 32, 32, 3)
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(0))
    feed = Batches(x, torch.arange(count), CIFAR10, batch_size=batch_size, device=CPU)
    return feed, Altered(feed, Recipe(epochs=1, batch_size=batch_size, **recipe), CPU)


def drawn(altered: Altered) -> list[Draw]:
    return list(altered.draws(generator(1), generator(2)))


KNOBS: dict[str, dict[str, Any]] = {
    "cutout": {"cutout": 8},
    "mixup": {"mixup": 0.2},
    "cutmix": {"cutmix": 1.0},
    "all": {"cutout": 8, "mixup": 0.2, "cutmix": 1.0},
}


@pytest.mark.parametrize("knob", KNOBS)
def test_order_and_crops_are_those_of_a_recipe_without(knob: str) -> None:
    """So that variants of a study see the same images at the same seed."""
    feed, altered = made(10, 4, **KNOBS[knob])
    plain = feed.draws(generator(1), generator(2))
    assert all(
        torch.equal(own, draw[0]) for (own,), draw in zip(plain, drawn(altered), strict=True)
    )
    assert (len(altered), altered.images, altered.batch_size) == (3, 10, 4)


@pytest.mark.parametrize("knob", KNOBS)
def test_a_blank_draw_is_like_those_that_come(knob: str) -> None:
    _, altered = made(10, 4, **KNOBS[knob])
    blank, (draw, *_) = altered.blank(4, augmented=True), drawn(altered)
    assert images_of(blank) == 4
    assert [(p.shape, p.dtype) for p in blank] == [(p.shape, p.dtype) for p in draw]
    assert altered.make(blank)[0].shape == (4, 3, 32, 32)


def holes(down: int, right: int, side: int) -> Tensor:
    """(32, 32), where the square around a pixel is."""
    found = torch.zeros(32, 32, dtype=torch.bool)
    top, left = down - side // 2, right - side // 2
    found[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = True
    return found


@pytest.mark.parametrize("side", [1, 2, 5, 64])
def test_a_square_is_cut_out_of_each_image(side: int) -> None:
    feed, altered = made(12, 12, cutout=side)
    (draw,) = drawn(altered)
    down, right = draw[1].tolist()
    assert len(set(down)) > 5 and min(down + right) >= 0 and max(down + right) < 32
    (x, labels), (expected, _) = altered.make(draw), feed.make(draw[:1])
    for image, under, *middle in zip(x, expected, down, right, strict=True):
        assert torch.equal(image, under.masked_fill(holes(*middle, side), 0.0))
    assert torch.equal(labels, draw[0][0])


def mixes(batches: int, **recipe: Any) -> Tensor:
    """(5, batches): what is drawn to mix."""
    _, altered = made(2 * batches, 2, **recipe)
    return torch.stack([draw[-1] for draw in drawn(altered)], 1)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_of_mixup_are_of_a_beta_distribution(alpha: float) -> None:
    share, *box = mixes(2000, mixup=alpha)
    assert [set(side.tolist()) for side in box] == [{0.0}, {32.0}] * 2
    expected = torch.distributions.Beta(alpha, alpha)
    assert float(share.mean()) == pytest.approx(float(expected.mean), abs=0.02)
    assert float(share.var()) == pytest.approx(float(expected.variance), rel=0.1)
    assert (mixes(50, mixup=1e-4)[0] - 0.5).abs().tolist() == pytest.approx([0.5] * 50)


def test_rectangles_of_cutmix_have_an_even_share_but_for_what_lies_outside() -> None:
    share, top, bottom, left, right = mixes(2000, cutmix=1.0)
    assert set(share.tolist()) == {1.0}
    assert min(top.min(), left.min()) == 0 and max(bottom.max(), right.max()) == 32
    inside = (top > 0) & (bottom < 32) & (left > 0) & (right < 32)
    assert torch.equal((bottom - top)[inside], (right - left)[inside])
    assert ((bottom - top) % 2)[inside].eq(0).all()
    area = (bottom - top) * (right - left) / 32**2
    # Half of the image and less: of a rectangle around any pixel a part lies outside.
    assert 0.25 < area.mean() < 0.4 and area.max() > 0.8 and area.min() == 0


def test_with_both_half_of_the_batches_are_mixed_in_either_way() -> None:
    share = mixes(2000, mixup=1.0, cutmix=1.0)[0]
    assert 0.45 < float((share == 1).float().mean()) < 0.55


@pytest.mark.parametrize("recipe", [{"mixup": 1.0}, {"cutmix": 1.0}])
def test_each_image_is_mixed_with_the_one_before_it_in_its_part(recipe: dict[str, Any]) -> None:
    feed, altered = made(11, 11, accumulate=3, **recipe)
    before = [3, 0, 1, 2, 7, 4, 5, 6, 10, 8, 9]  # parts of 4, 4 and 3 images
    for seed in range(20):
        (draw,) = altered.draws(generator(seed))
        (x, labels), (own, numbers) = altered.make(draw), feed.make(draw[:1])
        assert isinstance(labels, Mixture)
        share, top, bottom, left, right = draw[-1].tolist()
        weights = torch.zeros(32, 32)
        weights[int(top) : int(bottom), int(left) : int(right)] = share
        torch.testing.assert_close(x, own * (1 - weights) + own[before] * weights)
        assert torch.equal(labels.own, numbers) and torch.equal(labels.others, numbers[before])
        assert float(labels.share) == pytest.approx(float(weights.mean()))
        prevailing = numbers[before] if labels.share > 0.5 else numbers
        assert torch.equal(labels.prevailing, prevailing)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_a_mixture_is_that_of_mixed_labels(smoothing: float) -> None:
    logits = torch.randn(6, 4, generator=generator(3))
    own, others = torch.tensor([0, 1, 2, 3, 0, 1]), torch.tensor([1, 1, 0, 2, 3, 0])
    mixture = Mixture(own, others, torch.tensor(0.3))
    criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)
    mixed = 0.7 * one_hot(own, 4) + 0.3 * one_hot(others, 4)
    torch.testing.assert_close(mixture.loss(criterion, logits), criterion(logits, mixed))
    parts = [part.loss(criterion, own) for part, own in mixed_parts(mixture, logits)]
    torch.testing.assert_close(torch.stack(parts).mean(), criterion(logits, mixed))


def mixed_parts(mixture: Mixture, logits: Tensor) -> list[tuple[Mixture, Tensor]]:
    return list(zip(mixture.tensor_split(3), logits.tensor_split(3), strict=True))


def test_processes_that_share_a_batch_alter_their_own_images() -> None:
    """Together what one makes."""
    _, whole = made(10, 10, cutout=5, mixup=1.0, accumulate=4)
    x, y = whole.make(drawn(whole)[0])
    assert isinstance(y, Mixture)
    for rank in range(2):
        feed, mine = made(10, 10, cutout=5, mixup=1.0, accumulate=4)
        feed.share = share = lambda n, rank=rank: Ranks(rank, 2).images(n, 4)
        own, labels = mine.make(drawn(mine)[0])
        assert torch.equal(own, x[share(10)]) and isinstance(labels, Mixture)
        assert torch.equal(labels.own, y.own[share(10)]) and labels.share == y.share
        assert torch.equal(labels.others, y.others[share(10)])
