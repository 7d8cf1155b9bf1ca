"""What a search has seen -> what it tries next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats import qmc

from ablate.sampling import Told, distribution, suggest
from ablate.sampling.samplers import POPULATION, STARTUP, Values, _at, seed_of
from ablate.space import Choice, FloatRange, IntRange, Knob
from ablate.study import Search
from tests.engine.little_search import search_of, space_of

SAMPLERS = ("random", "qmc", "tpe", "gp", "nsga2")
LEARNERS = ("tpe", "gp", "nsga2")
EVERYTHING = {
    "growth_rate": {"int": [2, 12], "step": 2},
    "bottleneck_width": {"choice": [None, 1, 2]},
    "block_layers": [{"int": [1, 8], "log": True}, 1],
    "depth": None,
    "dropout": {"float": [0.0, 0.3], "step": 0.1, "when": {"growth_rate": ">= 6"}},
    "recipe": {
        "lr": {"float": [0.001, 1.0], "log": True},
        "weight_decay": {"float": [0, 0.01], "when": {"bottleneck_width": None}},
    },
}


def search(sampler: str, **changes: Any) -> Search:
    """A search over knobs of every kind."""
    found = search_of(space=EVERYTHING, sampler={"name": sampler, **changes}).search
    assert found is not None
    return found


def answered(search: Search, count: int, error: Callable[[Values], float | None]) -> list[Told]:
    """`count` suggestions, each told an error, or None for infeasible, before the next is made."""
    told: list[Told] = []
    for number in range(count):
        values, memory = suggest(search, told, number)
        found = error(values)
        if found is None:
            told.append(Told(values, "infeasible", (), 0.5, memory))
        else:
            told.append(Told(values, "done", (found,), -0.5, memory))
    return told


def error_of(values: Values) -> float:
    return 20.0 - float(values["growth_rate"] or 0)


# gp needs seconds for a suggestion that is not at random.
@pytest.mark.parametrize(("name", "count"), [*((n, 30) for n in SAMPLERS[:3]), ("gp", STARTUP + 1)])
def test_every_value_is_a_point_of_the_space(name: str, count: int) -> None:
    asked = search(name)
    for told in answered(asked, count, error_of):
        values = told.values
        expected = [knob.name for knob in asked.space.knobs if knob.exists(values)]
        assert list(values) == expected
        for knob in asked.space.knobs:
            if knob.name in values:
                value = values[knob.name]
                assert type(value) is type(knob.snap(value)) and knob.snap(value) == value
        asked.space.build(values)  # knows each value, and misses none


def test_knobs_come_and_go_with_their_conditions() -> None:
    told = answered(search("tpe"), 40, error_of)
    assert {("dropout" in t.values, t.values["growth_rate"] >= 6) for t in told} == {  # type: ignore[operator]
        (True, True),
        (False, False),
    }
    assert {type(t.values["bottleneck_width"]) for t in told} == {type(None), int}


@pytest.mark.parametrize("name", SAMPLERS)
def test_the_same_history_gives_the_same_suggestion(name: str) -> None:
    asked = search(name)
    # gp maximises what it believes: only where it knows little do seeds tell.
    told = answered(search("random"), STARTUP if name != "gp" else STARTUP - 1, error_of)
    assert suggest(asked, told, 20) == suggest(asked, told, 20)
    assert suggest(asked, told, 20)[0] != suggest(asked, told, 21)[0]
    assert suggest(asked, told, 20)[0] != suggest(search(name, seed=1), told, 20)[0]


def test_gp_believes_the_same_of_the_same_history() -> None:
    asked = search("gp")
    told = answered(search("random"), STARTUP, error_of)
    assert suggest(asked, told, 20) == suggest(asked, told, 20)


@pytest.mark.parametrize("name", ["random", "qmc"])
def test_drawn_suggestions_need_no_history(name: str) -> None:
    asked = search(name)
    told = answered(asked, 5, error_of)
    assert suggest(asked, told, 5) == suggest(asked, (), 5)


def test_qmc_is_the_sobol_sequence() -> None:
    asked = space_of(
        "qmc",
        {"dropout": {"float": [0, 0.5]}, "compression": {"float": [0.5, 1.0]}},
        sampler={"seed": 7},
    ).search
    assert asked is not None
    points = qmc.Sobol(2, scramble=True, rng=7).random(16)
    lows, widths = np.array([0, 0.5]), np.array([0.5, 0.5])
    found = [list(suggest(asked, (), number)[0].values()) for number in range(16)]
    np.testing.assert_allclose(np.array(found, float), lows + widths * points, rtol=1e-3, atol=1e-4)


def test_a_grid_is_not_sampled() -> None:
    asked = space_of("grid", {"growth_rate": {"int": [2, 4]}}, sampler={}).search
    assert asked is not None
    with pytest.raises(ValueError, match="a grid is listed, not sampled"):
        suggest(asked, (), 0)


def test_at_random_leaves_the_sampler_out() -> None:
    told = answered(search("tpe"), STARTUP + 2, error_of)
    values, memory = suggest(search("tpe"), told, 20, at_random=True)
    assert (values, memory) == suggest(search("random"), (), 20)
    assert memory == {}


def test_seeds_differ_between_suggestions_and_searches() -> None:
    seeds = [seed_of(seed, number) for seed in range(4) for number in range(250)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**32 for seed in seeds)  # what numpy's old generator takes
    assert seed_of(0, 0) == 753_291_564  # a search of today goes on tomorrow


WIDE = {
    "growth_rate": {"int": [1, 40]},
    "dropout": {"float": [0, 0.5]},
    "compression": {"float": [0.5, 1.0]},
}


@pytest.mark.parametrize("name", ["tpe", "nsga2"])
def test_it_learns_where_errors_are_low(name: str) -> None:
    asked = space_of(name, WIDE).search
    assert asked is not None
    told = answered(asked, 100, lambda values: abs(float(values["growth_rate"] or 0) - 30))
    late = [abs(float(t.values["growth_rate"] or 0) - 30) for t in told[-40:]]
    assert np.mean(late) < 6  # at random 12


@pytest.mark.parametrize(("name", "count"), [("tpe", 50), ("gp", STARTUP + 6), ("nsga2", 80)])
def test_it_avoids_what_was_infeasible(name: str, count: int) -> None:
    """Half of the space is; nothing but the constraint tells which half."""
    asked = space_of(name, WIDE).search
    assert asked is not None
    told: list[Told] = []
    for number in range(count):
        values, memory = suggest(asked, told, number)
        growth, dropout = float(values["growth_rate"] or 0), float(values["dropout"] or 0)
        violation = (20.5 - growth) / 20
        if violation > 0:
            told.append(Told(values, "infeasible", (), violation, memory))
        else:
            told.append(Told(values, "done", (10 + abs(dropout - 0.2),), violation, memory))
    late = told[max(STARTUP, count - 30) :]
    assert sum(t.state == "infeasible" for t in late) / len(late) < 0.25


@pytest.mark.parametrize("name", LEARNERS)
def test_a_space_without_anything_feasible_can_be_searched(name: str) -> None:
    told = answered(search(name), STARTUP + 2, lambda values: None)
    assert {t.state for t in told} == {"infeasible"}


@pytest.mark.parametrize("name", LEARNERS)
def test_several_objectives_and_cells_in_work(name: str) -> None:
    objectives = {"error": "minimize", "params": "maximize"}
    asked = search_of(sampler={"name": name}, objectives=objectives).search
    assert asked is not None
    told: list[Told] = []
    for number in range(STARTUP + 2):
        values, memory = suggest(asked, told, number)
        done = number % 4 != 3
        told.append(
            Told(values, "done", (error_of(values), 100.0), -0.1, memory)
            if done
            else Told(values, "running", (), -0.1, memory)
        )
    assert suggest(asked, told, 20)[0]


def test_nsga2_remembers_its_generations() -> None:
    asked = space_of("nsga2", WIDE).search
    assert asked is not None
    told = answered(asked, 2 * POPULATION + 1, lambda values: float(values["growth_rate"] or 0))
    generations = [t.memory["NSGAIISampler:generation"] for t in told]
    assert generations == [0] * POPULATION + [1] * POPULATION + [2]


@pytest.mark.parametrize(
    ("range_", "number"),
    [
        (IntRange(3, 12), 10),
        (IntRange(2, 14, step=4), 4),
        (FloatRange(0.1, 1.0, step=0.1), 10),
        (FloatRange(0.25, 1.0, step=0.05), 16),
        (Choice((None, 1, "a", True)), 4),
    ],
)
def test_every_value_is_equally_wide(range_: Any, number: int) -> None:
    knob = Knob("growth_rate", range_)
    draws = (np.arange(1000 * number) + 0.5) / (1000 * number)
    found = Counter(str(knob.snap(_at(knob, draw))) for draw in draws)
    assert found == Counter({str(value): 1000 for value in range_.values})


def test_whole_numbers_by_ratio() -> None:
    knob = Knob("growth_rate", IntRange(1, 64, log=True))
    found = Counter(_at(knob, draw) for draw in np.linspace(0, 1, 100_000, endpoint=False))
    assert sorted(found) == list(range(1, 65))
    widths = {n: np.log((n + 0.5) / (n - 0.5)) / np.log(64.5 / 0.5) for n in found}
    for value, times in found.items():
        assert times / 100_000 == pytest.approx(widths[value], abs=2e-5)


@pytest.mark.parametrize(
    "range_",
    [
        IntRange(1, 1),
        IntRange(5, 5, log=True),
        IntRange(3, 12, step=3),
        IntRange(1, 64, log=True),
        FloatRange(0.5, 0.5),
        FloatRange(0.5, 0.5, step=0.1),
        FloatRange(0.1, 0.7, step=0.3),
        FloatRange(0.001, 1.0, log=True),
        FloatRange(0.0, 1.0),
        Choice((1,)),
    ],
)
def test_the_edges_of_a_range_are_drawn(range_: Any) -> None:
    knob = Knob("growth_rate", range_)
    last = np.nextafter(1.0, 0.0)
    values = [range_.low, range_.high] if not isinstance(range_, Choice) else [1, 1]
    assert knob.snap(_at(knob, 0.0)) == values[0]
    assert knob.snap(_at(knob, float(last))) == pytest.approx(values[1], rel=1e-4)


def test_ranges_in_optunas_words() -> None:
    assert distribution(Knob("a", IntRange(2, 8, step=2))) == IntDistribution(2, 8, step=2)
    assert distribution(Knob("a", IntRange(2, 8, log=True))) == IntDistribution(2, 8, log=True)
    assert distribution(Knob("a", FloatRange(0.1, 1.0, step=0.1))) == FloatDistribution(
        0.1, 1.0, step=0.1
    )
    assert distribution(Knob("a", FloatRange(0.1, 1.0, log=True))) == FloatDistribution(
        0.1, 1.0, log=True
    )
    assert distribution(Knob("a", Choice((None, 1)))) == CategoricalDistribution((None, 1))
