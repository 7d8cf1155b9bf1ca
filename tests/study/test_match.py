"""`match`: what may be solved, goals by variant, and points with stand-ins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ablate.networks import FAMILIES
from ablate.study import Goal, Study

Load = Callable[..., Study]
Messages = Callable[..., list[str]]

DENSE: dict[str, Any] = {"family": "densenet"}
PARAMS: dict[str, Any] = {"params": "800k", "by": "growth_rate"}


def goals(study: Study) -> dict[str, Goal | None]:
    return {point.variant: point.goal for point in study.points}


@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("densenet", {}),
        ("densenet", {"bottleneck_width": 4}),
        ("densenet", {"stem": "imagenet", "image_size": 64}),
        ("densenet", {"block_layers": [2, 2]}),
        ("all_cnn", {}),
        ("dsn", {}),
        ("fractalnet", {}),
        ("fractalnet", {"drop_path": 0.15}),
        ("highway", {}),
        ("nin", {}),
        ("resnet", {}),
        ("resnet", {"block": "bottleneck"}),
        ("resnet", {"stem": "imagenet"}),
        ("resnet", {"stem": "imagenet", "block": "basic"}),
        ("resnet", {"stage_blocks": [1, 1]}),
        ("resnet_preact", {}),
        ("resnet_preact", {"block": "basic"}),
        ("resnet_preact", {"stage_blocks": [1, 1]}),
        ("wide_resnet", {}),
    ],
)
def test_every_value_on_a_scale_is_valid(family: str, settings: Mapping[str, Any]) -> None:
    model = FAMILIES[family]
    scales = model.scales(settings)
    given = settings.keys() & {"block_layers", "stage_blocks"} or "depth" not in model.model_fields
    assert ("depth" in scales) == (not given)
    for name, values in scales.items():
        start = {} if given or name == "depth" else {"depth": scales["depth"][0]}
        for value in (*values[:3], values[-1]):
            model.model_validate({**settings, **start, name: value})
        assert list(values) == sorted(values)
        assert model.usual(name, settings) in (None, *values)


def test_the_usual_width_of_a_resnet_hangs_on_its_stem() -> None:
    assert FAMILIES["resnet"].usual("width", {}) == 16
    assert FAMILIES["resnet"].usual("width", {"stem": "imagenet"}) == 64


@pytest.mark.parametrize("settings", [{}, {"bottleneck_width": 4}])
def test_a_scale_lacks_no_depth(settings: Mapping[str, Any]) -> None:
    depths = FAMILIES["densenet"].scales(settings)["depth"]

    def is_valid(depth: int) -> bool:
        try:
            FAMILIES["densenet"].model_validate({**settings, "depth": depth})
        except ValueError:
            return False
        return True

    assert [d for d in range(1, 60) if is_valid(d)] == [d for d in depths if d < 60]
    assert not is_valid(depths[-1] + depths[1] - depths[0])


def test_targets_are_numbers_and_the_tolerance_a_share(study: Load) -> None:
    match = {"peak_bytes": ["1GiB", 2e9], "by": ["depth", "growth_rate"], "tolerance": "2.5%"}
    made = study(match=match, variants={"A": DENSE})
    assert goals(made) == {"A": Goal("peak_bytes", (2.0**30, 2e9), ("depth", "growth_rate"), 0.025)}


@pytest.mark.parametrize(("metric", "share"), [("params", 0.05), ("step_seconds", 0.1)])
def test_what_is_measured_has_the_wider_tolerance(study: Load, metric: str, share: float) -> None:
    made = study(match={metric: 1, "by": "growth_rate"})
    assert [goal.tolerance for goal in goals(made).values() if goal] == [share]


def test_a_variant_changes_its_studys_match(study: Load) -> None:
    made = study(
        match=PARAMS,
        variants={
            "A": {**DENSE, "depth": 22},
            "B": {**DENSE, "growth_rate": 12, "match": {"by": "depth", "tolerance": "9%"}},
        },
    )
    assert goals(made) == {
        "A": Goal("params", (8e5,), ("growth_rate",), 0.05),
        "B": Goal("params", (8e5,), ("depth",), 0.09),
    }


def test_the_baseline_stays_as_written(study: Load) -> None:
    made = study(
        match={"params": "baseline", "by": "growth_rate"},
        variants={"A": {**DENSE, "sweep": {"depth": [22, 40]}}, "B": {**DENSE, "depth": 10}},
    )
    assert [point.sweep for point in made.points] == [{"depth": 22}, {"depth": 40}, {}]
    assert goals(made) == {
        "A": Goal("params", (), (), 0.05),
        "B": Goal("params", (), ("growth_rate",), 0.05),
    }


def test_stand_ins_let_the_other_settings_be_checked(messages: Messages) -> None:
    found = messages(
        match={"params": "10k", "by": ["depth", "growth_rate"]},
        variants={"A": {**DENSE, "connectivity": "full", "sweep": {"compression": [0.5, 1.0]}}},
    )
    assert found == [
        "variants.A.sweep.compression[0]: must be 1 with full connectivity, whose transitions only "
        "pool, got 0.5"
    ]


def test_a_point_is_turned(study: Load) -> None:
    (point,) = study(match=PARAMS, variants={"A": {**DENSE, "depth": 22}}).points
    turned: Any = point.turned({"growth_rate": 7})
    assert (turned.growth_rate, turned.depth) == (7, 22)
    with pytest.raises(ValueError, match="3n"):
        point.turned({"depth": 23})


def test_cells_need_the_match_solved(study: Load) -> None:
    with pytest.raises(ValueError, match="match is not solved"):
        study(match=PARAMS).cells()


def test_a_study_with_another_match_trains_something_else(study: Load) -> None:
    made = study(match=PARAMS)
    assert made.trains() == study(match=PARAMS).trains()
    for change in ({"params": "400k"}, {"tolerance": "1%"}):
        assert made.trains() != study(match={**PARAMS, **change}).trains()
