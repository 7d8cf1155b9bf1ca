"""A measure study of networks that a step of takes milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ablate.cells import DATASETS
from ablate.machine import Watch
from ablate.measuring import Subject, subjects_of
from ablate.study import Study, load_study

VARIANT = {"family": "densenet", "growth_rate": 4, "bottleneck_width": 2, "compression": 0.5}
TINY: dict[str, Any] = {
    "kind": "measure",
    "name": "tiny",
    "question": "What does it take?",
    "data": {"dataset": "cifar10"},
    "recipe": {"epochs": 1, "batch_size": 2},
    "variants": {"BC": VARIANT},
    "sweep": {"depth": [10, 16]},
    "implementations": ["ablate-fast", "torchvision"],
}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests may run meanwhile."""

    class Alone(Watch):
        def others(self) -> float:
            return 0.01

    monkeypatch.setattr("ablate.measuring.networks.Watch", Alone)


@pytest.fixture
def study() -> Callable[..., Study]:
    """`study(sweep={...})`: the tiny study with other top-level keys."""
    return lambda **changes: load_study({**TINY, **changes})


@pytest.fixture
def subjects(study: Callable[..., Study]) -> Callable[..., tuple[Subject, ...]]:
    """The networks of `study(...)`."""
    return lambda **changes: subjects_of(study(**changes), DATASETS["cifar10"])
