"""Numbers that no library could hold are refused where they stand, before anything trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ablate.study import Study

Load = Callable[..., Study]
Messages = Callable[..., list[str]]
Files = Callable[..., list[str]]

DENSE = {"family": "densenet", "depth": 22}
DATA = {"dataset": "cifar10"}


def dense(**settings: Any) -> dict[str, Any]:
    return {"variants": {"A": {**DENSE, **settings}}}


def other(**settings: Any) -> dict[str, Any]:
    return {"variants": {"A": settings}}


TOO_LARGE = [
    ({"data": {**DATA, "split_seed": 2**32}}, "data.split_seed: must be <= 4294967295"),
    ({"data": {**DATA, "limit": 2**31}}, "data.limit: must be <= 2147483647"),
    ({"data": {**DATA, "hold_out": 2**31}}, "data.hold_out: must be <= 2147483647"),
    ({"recipe": {"epochs": 2**31}}, "recipe.epochs: must be <= 2147483647"),
    ({"recipe": {"epochs": 1, "batch_size": 2**31}}, "recipe.batch_size: must be <= 2147483647"),
    ({"recipe": {"epochs": 1, "lr": 1e31}}, "recipe.lr: must be <= 1e+30 in size"),
    ({"recipe": {"epochs": 1, "weight_decay": 1e300}}, "recipe.weight_decay: must be <= 1e+30"),
    ({"seeds": [0, 2**63]}, "seeds[1]: must be <= 9223372036854775807"),
    (dense(growth_rate=10_000_000_000), "variants.A.growth_rate: must be <= 65536"),
    (dense(growth_rate=[4, 4, 2**16 + 1]), "variants.A.growth_rate: must be <= 65536"),
    (dense(bottleneck_width=2**16 + 1), "variants.A.bottleneck_width: must be <= 65536"),
    (dense(stem_channels=2**16 + 1), "variants.A.stem_channels: must be <= 65536"),
    (dense(classes=2**16 + 1), "variants.A.classes: must be <= 65536"),
    (dense(in_channels=2**16 + 1), "variants.A.in_channels: must be <= 65536"),
    (dense(image_size=2**14 + 1), "variants.A.image_size: must be <= 16384"),
    (
        dense(connectivity={"window": 2**31}),
        "variants.A.connectivity: window: must be <= 2147483647",
    ),
    (
        dense(growth_rate=2**15, growth_schedule="exponential"),
        "variants.A.growth_schedule: must add at most 65536 maps a layer, got 131072 in the last",
    ),
    (other(family="wide_resnet", widen_factor=1025), "variants.A.widen_factor: must be <= 1024"),
    *(
        (other(family=family, width=2**16 + 1), "variants.A.width: must be <= 65536")
        for family in ("all_cnn", "dsn", "highway", "nin", "resnet", "resnet_preact")
    ),
    (
        other(family="fractalnet", block_channels=[2**16 + 1]),
        "variants.A.block_channels[0]: must be <= 65536",
    ),
    ({"match": {"params": 10**5000, "by": "growth_rate"}}, "match.params: must be <= 1e+30"),
]


@pytest.mark.parametrize(("changes", "message"), TOO_LARGE, ids=[text for _, text in TOO_LARGE])
def test_what_cannot_be_held_is_refused(
    changes: dict[str, Any], message: str, messages: Messages
) -> None:
    assert messages(**changes)[0].startswith(message)


def test_the_largest_that_can_be_held_are_valid(study: Load) -> None:
    made = study(
        data={**DATA, "split_seed": 2**32 - 1},
        recipe={"epochs": 2**31 - 1, "lr": 1e30, "batch_size": 2**31 - 1},
        seeds=[2**63 - 1],
        **dense(growth_rate=2**16),
    )
    assert len(made.cells()) == 1


def test_search_seeds_have_a_bound_too(messages: Messages) -> None:
    found = messages(
        variants=None,
        baseline=None,
        space={"family": "densenet", "depth": {"choice": [22, 40]}},
        sampler={"name": "tpe", "seed": 2**63, "batch": 2**31},
        budget={"trials": 2**31},
    )
    assert [text for text in found if "<=" in text] == [
        "sampler.seed: must be <= 9223372036854775807, got 9223372036854775808",
        "sampler.batch: must be <= 1000, got 2147483648",
        "budget.trials: must be <= 2147483647, got 2147483648",
    ]


def test_a_number_of_more_digits_than_python_prints_is_a_message(messages: Messages) -> None:
    (found,) = messages(recipe={"epochs": 16**100_000})
    assert found == "recipe.epochs: must be <= 2147483647, got a whole number of 400001 bits"


def test_the_line_is_told(file_messages: Files) -> None:
    text = (
        "name: s\ndata:\n  dataset: digits\n  split_seed: 20240131120000\nrecipe: {epochs: 1}\n"
        "baseline: A\nvariants:\n  A: {family: densenet, depth: 22}\n"
    )
    assert file_messages(text) == [
        "s.yaml:4: data.split_seed: must be <= 4294967295, got 20240131120000"
    ]
