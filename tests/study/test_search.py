"""A study with a space -> a search, and what it suggests. Faults are in `tests/broken_studies/`."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.cells import DATASETS
from ablate.errors import SpecError
from ablate.networks import DenseNet
from ablate.space import Budget, Pruner, Sampler
from ablate.study import Study, load_study
from ablate.text import RuleErrors

STUDY: dict[str, Any] = {
    "name": "s",
    "data": {"dataset": "cifar10"},
    "recipe": {"preset": "densenet-2017", "lr": 0.2},
    "space": {
        "family": "densenet",
        "depth": {"choice": [22, 25, 40]},
        "bottleneck_width": {"choice": [None, 4]},
        "recipe": {"weight_decay": {"float": [1e-5, 1e-3], "log": True}},
    },
    "budget": {"trials": 10},
}
POINT = {"depth": 40, "bottleneck_width": 4, "recipe.weight_decay": 2e-4}


def search(sets: tuple[str, ...] = (), **changes: Any) -> Study:
    return load_study({**STUDY, **changes}, sets=sets)


def test_defaults() -> None:
    study = search()
    assert study.search
    assert study.search.sampler == Sampler(name="gp", seed=0, batch=None)
    assert study.search.pruner == Pruner(name="none")
    assert study.search.objectives == {"error": "minimize"}
    assert study.search.limits == {}
    assert study.search.budget == Budget(trials=10)


def test_what_is_written() -> None:
    study = search(
        sampler={"name": "nsga2", "seed": 3, "batch": 8},
        pruner={"name": "pareto", "margin": 0.5},
        objectives={"error": "minimize", "params": "minimize"},
        limits={"params": "1.0M", "peak_bytes": "2GiB"},
        budget={"device_hours": 1.5},
    )
    assert study.search
    assert study.search.sampler == Sampler(name="nsga2", seed=3, batch=8)
    assert study.search.pruner == Pruner(name="pareto", margin=0.5)
    assert list(study.search.objectives) == ["error", "params"]
    assert study.search.limits == {"params": 1e6, "peak_bytes": 2 * 2**30}
    assert study.search.budget == Budget(device_hours=1.5)


def test_a_search_has_knobs_and_no_cells() -> None:
    study = search()
    assert (study.points, study.cells()) == ((), ())
    assert study.sweep_keys == ("depth", "bottleneck_width", "recipe.weight_decay")


def test_a_fixed_design_has_no_search() -> None:
    design = {"baseline": "A", "variants": {"A": {"family": "densenet", "depth": 22}}}
    rest = {key: value for key, value in STUDY.items() if key not in ("space", "budget")}
    study = load_study({**rest, **design})
    assert study.search is None
    with pytest.raises(ValueError, match="this study has no space"):
        study.suggested({}, DATASETS["cifar10"])  # type: ignore[arg-type]


def test_a_suggestion_is_a_cell() -> None:
    facts = DATASETS["cifar10"]
    assert facts
    cell = search(seeds=[7]).suggested(POINT, facts)
    assert cell.architecture == DenseNet(
        depth=40,
        bottleneck_width=4,
        in_channels=3,
        classes=10,
        image_size=32,
        dropout=0.2,  # the preset's, without augmentation
        stem_channels=16,
    )
    recipe = cell.recipe
    assert (recipe.weight_decay, recipe.lr, recipe.epochs) == (2e-4, 0.2, 300)
    assert (cell.seed, cell.data.dataset) == (7, "cifar10")


def test_a_suggestion_has_the_key_of_the_same_fixed_design() -> None:
    facts = DATASETS["cifar10"]
    assert facts
    recipe = STUDY["recipe"] | {"weight_decay": 2e-4}
    variant = {"family": "densenet", "block_layers": [6, 6, 6], "bottleneck_width": 4}
    design = load_study(
        {
            "name": "d",
            "data": STUDY["data"],
            "recipe": recipe,
            "baseline": "A",
            "variants": {"A": variant},
        }
    )
    assert search().suggested(POINT, facts).key == design.cells()[0].cell.key


def test_a_point_that_breaks_a_rule_is_told() -> None:
    facts = DATASETS["cifar10"]
    assert facts
    with pytest.raises(RuleErrors) as caught:
        search().suggested({**POINT, "depth": 25}, facts)
    assert caught.value.broken == (
        ("depth", "must be 6n + 4 with a bottleneck, got 25; nearest: 22 and 28"),
    )


def test_a_grid_needs_no_budget() -> None:
    study = search(
        sampler={"name": "grid"}, space={"family": "densenet", "depth": {"choice": [22, 40]}}
    )
    assert study.search and study.search.space.size == 2


@pytest.mark.parametrize(
    ("setting", "changes"),
    [
        ("budget.trials=20", False),
        ("question=why", False),
        ("sampler.seed=1", True),
        ("pruner.name=pareto", True),
        ("limits.params=1M", True),
        ("objectives={loss: minimize}", True),
        ("space.depth=22", True),
        ("space.init=he_fan_in", True),
        ("recipe.lr=0.3", True),
        ("seeds=[1]", True),
    ],
)
def test_what_it_trains(setting: str, changes: bool) -> None:
    assert (search((setting,)).trains() != search().trains()) is changes


def test_points_are_fitted_to_the_data_of_the_study() -> None:
    space = {"family": "densenet", "block_layers": [{"int": [1, 2]}] * 5}
    assert search(space=space).search  # CIFAR-10 has 32 pixels
    with pytest.raises(SpecError) as caught:
        search(space=space, data={"dataset": "digits"})
    assert str(caught.value) == (
        "study: space.image_size: no point can be built: must be >= 16 for 5 blocks behind the "
        "cifar stem, or a feature map vanishes, got 8"
    )
    unknown = {"dataset": "arrays", "name": "mine"}
    assert search(space=space, data=unknown).search  # told when they are opened
