"""Studies whose variants are solved for the same cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import DATASETS
from ablate.costs import cost, solve
from ablate.errors import SpecError, UsageError
from ablate.models import build
from ablate.networks import Architecture, architecture
from ablate.study import MATCHABLE, Matched, Study, load_study

FACTS = DATASETS["digits"]
assert FACTS is not None
BATCH = 8
SHAPE: dict[str, Any] = {"in_channels": 1, "classes": 10, "image_size": 8}
TINY: dict[str, Any] = {"family": "densenet", "block_layers": [1, 2], "stem_channels": 4}
DENSE: dict[str, Any] = {"family": "densenet", "stem_channels": 4}


def load(match: dict[str, Any], variants: dict[str, Any], **changes: Any) -> Study:
    """A study of digits at a small batch; the first variant is the baseline."""
    return load_study(
        {
            "name": "s",
            "data": {"dataset": "digits"},
            "recipe": {"epochs": 1, "batch_size": BATCH},
            "baseline": next(iter(variants)),
            "variants": variants,
            **({"match": match} if match else {}),
            **changes,
        }
    )


def solved(match: dict[str, Any], variants: dict[str, Any], **options: Any) -> Study:
    return solve(load(match, variants), FACTS, **options)


def answers(study: Study) -> list[Matched]:
    return [point.matched for point in study.points if point.matched]


def reached(study: Study) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Variant, sweep and solved settings of every point."""
    return [
        (point.variant, dict(point.sweep), dict(point.matched.knobs))
        for point in study.points
        if point.matched
    ]


def priced(settings: dict[str, Any], metric: str) -> float:
    """The cost of a family's settings, for the digits."""
    made = architecture(**settings).resolve(**SHAPE)
    if metric == "params":
        return sum(p.numel() for p in build(made, device="meta").parameters())
    return float(getattr(cost(made, batch_size=BATCH), metric))


def faults(match: dict[str, Any], variants: dict[str, Any]) -> list[str]:
    with pytest.raises(SpecError) as caught:
        solved(match, variants)
    return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]


@dataclass
class Clock:
    """Measures a microsecond a parameter, and holds the architectures that it was asked for."""

    seen: list[Architecture] = field(default_factory=list)

    def __call__(self, architecture: Architecture, batch_size: int) -> float:
        assert batch_size == BATCH
        self.seen.append(architecture)
        return cost(architecture, batch_size=1).params * 1e-6


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("metric", [name for name in MATCHABLE if name != "step_seconds"])
def test_the_solved_value_is_the_nearest_of_all(metric: str) -> None:
    costs = {k: priced({**TINY, "growth_rate": k}, metric) for k in range(1, 13)}
    target = (costs[6] + 2 * costs[7]) / 3
    match = {metric: target, "by": "growth_rate", "tolerance": "30%"}
    (found,) = answers(solved(match, {"A": TINY}))
    assert found.knobs == {"growth_rate": 7}
    assert found.value == costs[7]
    assert found.value == min(costs.values(), key=lambda value: abs(value - target))
    assert found.deviation == pytest.approx((costs[7] - target) / target)


def test_a_step_time_is_measured_once_for_each_network(clock: Clock) -> None:
    match = {"step_seconds": [0.0015, 0.003], "by": "growth_rate", "tolerance": "15%"}
    study = solved(match, {"A": TINY, "B": {**TINY}}, seconds_of=clock)
    params = {k: priced({**TINY, "growth_rate": k}, "params") for k in range(1, 60)}
    nearest = [
        min(params, key=lambda k: (abs(params[k] * 1e-6 - target), -k))
        for target in (0.0015, 0.003)
    ]
    assert [dict(answer.knobs)["growth_rate"] for answer in answers(study)] == nearest * 2
    assert [point.sweep for point in study.points[:2]] == [
        {"target_step_seconds": 0.0015},
        {"target_step_seconds": 0.003},
    ]
    assert len(clock.seen) == len(set(clock.seen))


def test_what_was_measured_before_stays(clock: Clock) -> None:
    match = {"step_seconds": [0.0015], "by": "growth_rate", "tolerance": "15%"}
    first = solved(match, {"A": TINY}, seconds_of=clock)
    known = {answer.asked: answer for answer in answers(first)}
    clock.seen.clear()
    more = {**match, "step_seconds": [0.0015, 0.003]}
    again = solved(more, {"A": TINY}, seconds_of=clock, known=known)
    assert again.points[0] == first.points[0]
    assert clock.seen  # for the new target
    clock.seen.clear()
    known |= {answer.asked: answer for answer in answers(again)}
    assert solved(more, {"A": TINY}, seconds_of=clock, known=known).points == again.points
    assert clock.seen == []
    # Another question is asked anew.
    solved({**match, "tolerance": "16%"}, {"A": TINY}, seconds_of=clock, known=known)
    assert clock.seen


def test_a_baselines_step_time_stays_too(clock: Clock) -> None:
    match = {"step_seconds": "baseline", "by": "growth_rate", "tolerance": "30%"}
    variants = {"A": {**DENSE, "sweep": {"depth": [7, 10]}}, "B": {**TINY}}
    first = solved(match, variants, seconds_of=clock)
    known = {answer.asked: answer for answer in answers(first)}
    clock.seen.clear()
    assert solved(match, variants, seconds_of=clock, known=known).points == first.points
    assert clock.seen == []


def test_a_step_time_needs_a_device() -> None:
    with pytest.raises(UsageError, match="step_seconds is measured, which needs a device"):
        solved({"step_seconds": 1, "by": "growth_rate"}, {"A": TINY})


@pytest.mark.parametrize("bottleneck", [None, 2])
def test_depth_is_solved_among_the_valid_ones(bottleneck: int | None) -> None:
    base = {**DENSE, "growth_rate": 4, "bottleneck_width": bottleneck}
    base = {key: value for key, value in base.items() if value is not None}
    step = 6 if bottleneck else 3
    costs = {d: priced({**base, "depth": d}, "params") for d in range(4 + step, 60, step)}
    (found,) = answers(solved({"params": "9k", "by": "depth", "tolerance": "30%"}, {"A": base}))
    assert found.knobs == {"depth": min(costs, key=lambda d: (abs(costs[d] - 9000), -d))}


def test_two_settings_stay_near_the_usual_growth_rate() -> None:
    match = {"params": "60k", "by": ["growth_rate", "depth"], "tolerance": "5%"}
    (found,) = answers(solved(match, {"A": DENSE}))
    pairs = [(d, k) for d in range(7, 34, 3) for k in range(5, 25)]
    costs = {p: priced({**DENSE, "depth": p[0], "growth_rate": p[1]}, "params") for p in pairs}
    within = [p for p in pairs if abs(costs[p] - 60_000) <= 3000]
    assert len(within) > 3
    best = min(within, key=lambda p: (abs(p[1] - 12), abs(costs[p] - 60_000), -p[0]))
    assert found.knobs == {"depth": best[0], "growth_rate": best[1]}
    nearest = min(within, key=lambda p: abs(costs[p] - 60_000))
    assert nearest != best  # so that the rule says something


@pytest.mark.parametrize("by", ["depth", "width", ["depth", "width"]])
def test_another_family(by: str | list[str]) -> None:
    base: dict[str, Any] = {"family": "resnet_preact", "block": "basic"}
    given = {"depth": {"width": 8}, "width": {"depth": 14}}.get(str(by), {})
    (found,) = answers(solved({"params": "50k", "by": by, "tolerance": "40%"}, {"A": base | given}))
    assert set(found.knobs) == ({by} if isinstance(by, str) else set(by))
    assert found.value == priced(base | given | dict(found.knobs), "params")


def test_targets_are_a_sweep_beside_a_variants_own() -> None:
    study = solved(
        {"params": ["3k", "6000"], "by": "growth_rate", "tolerance": "40%"},
        {"A": {**TINY, "sweep": {"compression": [0.5, 1.0]}}, "B": TINY},
    )
    assert [sweep for _, sweep, _ in reached(study)] == [
        {"target_params": 3000, "compression": 0.5},
        {"target_params": 6000, "compression": 0.5},
        {"target_params": 3000, "compression": 1.0},
        {"target_params": 6000, "compression": 1.0},
        {"target_params": 3000},
        {"target_params": 6000},
    ]
    assert study.sweep_keys == ("target_params", "compression")
    assert study.matched_keys == ("growth_rate",)
    for cell in study.cells():
        value = cost(cell.cell.architecture).params
        assert cell.matched and cell.matched.value == value
        assert value == pytest.approx(cell.sweep["target_params"], rel=0.4)


def test_variants_are_matched_to_each_point_of_the_baseline() -> None:
    study = solved(
        {"macs": "baseline", "tolerance": "30%"},
        {
            "A": {**DENSE, "growth_rate": 6, "sweep": {"depth": [7, 10]}},
            "B": {**TINY, "match": {"by": "growth_rate"}},
        },
    )
    written = [priced({**DENSE, "growth_rate": 6, "depth": d}, "macs") for d in (7, 10)]
    points = reached(study)
    assert points[:2] == [
        ("A", {"target_macs": written[0]}, {"depth": 7}),
        ("A", {"target_macs": written[1]}, {"depth": 10}),
    ]
    assert [(variant, sweep) for variant, sweep, _ in points[2:]] == [
        ("B", {"target_macs": written[0]}),
        ("B", {"target_macs": written[1]}),
    ]
    assert study.sweep_keys == ("target_macs",)
    assert study.matched_keys == ("depth", "growth_rate")


def test_a_baseline_may_stand_behind_the_others() -> None:
    match = {"params": "baseline", "by": "growth_rate", "tolerance": "30%"}
    variants = {"B": TINY, "A": {**DENSE, "depth": 7}}
    study = solve(load(match, variants, baseline="A"), FACTS)
    assert [point.variant for point in study.points] == ["B", "A"]
    assert study.points[0].sweep == study.points[1].sweep


def test_points_of_a_baseline_must_cost_something_else() -> None:
    variants = {
        "A": {**DENSE, "depth": 7, "sweep": {"dropout": [0.0, 0.1]}},
        "B": TINY,
    }
    assert faults({"params": "baseline", "by": "growth_rate", "tolerance": "40%"}, variants) == [
        "variants.A.sweep: dropout=0.0 and dropout=0.1 cost the same, so that they would be one "
        "target of the match"
    ]


def test_everything_out_of_reach_is_told_with_the_nearest() -> None:
    params = {k: priced({**TINY, "growth_rate": k}, "params") for k in (1, 8, 9)}
    target = (params[8] + params[9]) / 2
    found = faults(
        {"params": [10, target], "tolerance": "1%", "by": "growth_rate"},
        {
            "A": {**TINY, "sweep": {"init": ["he_fan_in"]}},
            "B": {**TINY, "match": {"tolerance": "30%"}},
        },
    )
    below = f"growth_rate=1 with {params[1]:,.0f} ({(params[1] - 10) / 10:+.1%})"
    near = f"growth_rate=9 with {params[9]:,.0f} ({(params[9] - target) / target:+.1%})"
    shown = f"{target:,.0f}" if target == int(target) else f"{target:.4g}"
    assert found == [
        f"variants.A.match: no growth_rate comes within 1% of 10 params; nearest: {below} "
        "(A init=he_fan_in)",
        f"variants.A.match: no growth_rate comes within 1% of {shown} params; nearest: {near} "
        "(A init=he_fan_in)",
        f"variants.B.match: no growth_rate comes within 30% of 10 params; nearest: {below}",
    ]


def test_faults_have_the_line_of_the_variant(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "name: s\ndata: {dataset: digits}\nrecipe: {epochs: 1}\nbaseline: A\n"
        "match: {params: 10, by: [depth, growth_rate]}\nvariants:\n"
        "  A: {family: densenet, stem_channels: 4}\n",
        encoding="utf-8",
    )
    with pytest.raises(SpecError) as caught:
        solve(load_study(path), FACTS)
    assert (
        str(caught.value)
        .strip()
        .startswith(
            f"{path}:7: variants.A.match: no pair of depth and growth_rate comes within 5% of 10 "
            "params; nearest: depth=7 growth_rate=1 with "
        )
    )


def test_values_too_small_to_be_built_are_passed_over() -> None:
    base = {**DENSE, "depth": 7, "compression": 0.15}
    assert load({"params": "2k", "by": "growth_rate"}, {"A": base}).points  # at the usual rate
    with pytest.raises(SpecError, match="compression"):
        priced({**base, "growth_rate": 5}, "params")
    (found,) = answers(
        solved({"params": 400, "by": "growth_rate", "tolerance": "40%"}, {"A": base})
    )
    assert found.knobs == {"growth_rate": 6}
    assert found.value == priced({**base, "growth_rate": 6}, "params")


def test_settings_that_contradict_the_data_are_faults_of_the_variant() -> None:
    study = load(
        {"params": "2k", "by": "growth_rate"},
        {"A": {**TINY, "image_size": 16}},
        data={"dataset": "arrays", "name": "mine"},
    )
    with pytest.raises(SpecError, match=r"variants\.A\.image_size: must be 8 as in the data"):
        solve(study, FACTS)


def test_a_variants_own_recipe_counts() -> None:
    """Memory is that of a step at the variant's batch size."""
    own = {**TINY, "recipe": {"batch_size": 2 * BATCH}}
    target = priced({**TINY, "growth_rate": 12}, "peak_bytes")
    match = {"peak_bytes": target, "by": "growth_rate", "tolerance": "30%"}
    same, other = answers(solved(match, {"A": TINY, "B": own}))
    assert same.knobs == {"growth_rate": 12}
    assert other.knobs["growth_rate"] < 12


def test_a_study_without_a_match_stays_as_it_is() -> None:
    study = load({}, {"A": {**TINY, "growth_rate": 4}})
    assert solve(study, FACTS) is study
