"""Where an architecture is wanted, a plain map will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import ablate
from ablate.errors import SpecError, UsageError

PLAIN = {"family": "densenet", "depth": 22, "growth_rate": 4, "connectivity": {"window": 2}}
DOORS = (ablate.build, ablate.cost, ablate.load_architecture)


def test_it_is_the_architecture_of_its_settings() -> None:
    made = ablate.architecture(**PLAIN)
    assert ablate.load_architecture(PLAIN) == made
    assert ablate.cost(PLAIN) == ablate.cost(made)
    weights = zip(ablate.build(PLAIN).parameters(), ablate.build(made).parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in weights)


@pytest.mark.parametrize("door", DOORS)
def test_its_faults_are_those_of_a_file(door: Callable[[Any], object]) -> None:
    with pytest.raises(SpecError) as caught:
        door({**PLAIN, "grwoth_rate": 12, "depth": -1})
    assert str(caught.value).splitlines() == [
        "architecture: depth: must be >= 1, got -1",
        "architecture: grwoth_rate: unknown key `grwoth_rate`. Did you mean `growth_rate`?",
    ]
    with pytest.raises(SpecError, match="architecture: family: required key is missing; one of"):
        door({"depth": 22})


@pytest.mark.parametrize("door", DOORS[:2])
@pytest.mark.parametrize("given", ["a.yaml", None, 3])
def test_what_is_neither_is_a_message(door: Callable[[Any], object], given: object) -> None:
    with pytest.raises(UsageError, match="architecture: must be an architecture or a map like"):
        door(given)
