"""Where batches are cut, and who of several processes has which part."""

from __future__ import annotations

import pytest
import torch

from ablate.training import Ranks
from ablate.training.parts import cuts, parts_of


@pytest.mark.parametrize(("length", "number"), [(12, 3), (11, 3), (2, 4), (0, 2), (7, 1)])
def test_cuts_are_torchs(length: int, number: int) -> None:
    whole = torch.arange(length)
    found = [whole[part].tolist() for part in cuts(length, number)]
    assert found == [part.tolist() for part in whole.tensor_split(number)]


@pytest.mark.parametrize("number", [1, 2, 4, 8])
@pytest.mark.parametrize("images", [2, 3, 5, 17, 255, 256, 257])
def test_processes_have_the_parts_that_one_has(images: int, number: int) -> None:
    """Each part once, in order, cut at the same places; the first has the most."""
    whole, parts = torch.arange(images), parts_of(images, 8)
    everyone = [Ranks(rank, number) for rank in range(number)]
    dealt = []
    for ranks in everyone:
        mine = whole[ranks.images(images, 8)]
        number_of_mine = len(range(parts)[ranks.parts(parts)])
        assert (len(mine) > 0) == (number_of_mine > 0)
        if number_of_mine:
            dealt += [part.tolist() for part in mine.tensor_split(number_of_mine)]
    assert dealt == [part.tolist() for part in whole.tensor_split(parts)]
    counts = [len(range(parts)[ranks.parts(parts)]) for ranks in everyone]
    assert counts == sorted(counts, reverse=True)
