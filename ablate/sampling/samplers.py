"""What a search has seen -> what it tries next. Pure: the same history gives the same suggestion.

Random numbers and the quasi-random sequence are drawn here; the samplers that learn are Optuna's,
asked in a study in memory that is made anew from the history each time. So nothing a sampler
remembers can be lost with a worker, and a search may be widened, resumed or repeated.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState

from ablate.space import Choice, FloatRange, IntRange, Knob
from ablate.storage import quiet
from ablate.study import Search
from ablate.text import Scalar

Values = dict[str, Scalar]
STARTUP = 10  # suggestions at random before a sampler that learns has enough to learn from
POPULATION = 20  # nsga2; Optuna's 50 is more than half of what most budgets of a study allow
VIOLATION = "violation"  # Optuna's name of our one constraint


@dataclass(frozen=True)
class Told:
    """What a sampler is told of an earlier suggestion."""

    values: Mapping[str, Scalar]  # of the active knobs
    state: Literal["done", "running", "infeasible"]
    objectives: tuple[float, ...] = ()  # done: in the order of the search's objectives
    violation: float = 0.0  # above 0: by what share a limit is exceeded
    memory: Mapping[str, Any] = field(default_factory=dict)  # what the sampler noted about it


def suggest(
    search: Search, told: Sequence[Told], number: int, *, at_random: bool = False
) -> tuple[Values, dict[str, Any]]:
    """Suggestion `number` of a search -> its values, and what the sampler wants to remember.

    `told` are the earlier ones, oldest first. The seed comes from the search's and `number`.
    `at_random` leaves the sampler out.
    """
    name = search.sampler.name
    if name == "grid" and not at_random:
        raise ValueError("a grid is listed, not sampled")
    if name == "qmc" and not at_random:
        return _from_unit_cube(search, _sobol(search, number)), {}
    seed = seed_of(search.sampler.seed, number)
    if name == "random" or at_random:
        draws = np.random.default_rng(seed).random(len(search.space.knobs))
        return _from_unit_cube(search, draws), {}
    return _ask(search, told, seed)


def seed_of(seed: int, number: int) -> int:
    """The seed of one suggestion: a resumed search must not draw the same numbers again."""
    digest = hashlib.sha256(f"{seed} suggestion {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def distribution(knob: Knob) -> BaseDistribution:
    """A knob's range in Optuna's words."""
    match knob.range:
        case IntRange(low, high, step, log):
            return IntDistribution(low, high, log=log, step=step)
        case FloatRange(low, high, step, log):
            return FloatDistribution(low, high, log=log, step=step)
        case Choice(options):
            return CategoricalDistribution(options)


def _sobol(search: Search, number: int) -> np.ndarray[Any, Any]:
    """Point `number` of the scrambled Sobol sequence, a dimension for every knob."""
    # Here, as it loads all of scipy.stats, for which every worker would wait.
    from scipy.stats import qmc

    engine = qmc.Sobol(len(search.space.knobs), scramble=True, rng=search.sampler.seed)
    if number:
        engine.fast_forward(number)
    with warnings.catch_warnings():
        # A single point is no power of two; the sequence as a whole is balanced.
        warnings.simplefilter("ignore", UserWarning)
        point: np.ndarray[Any, Any] = engine.random(1)[0]
    return point


def _from_unit_cube(search: Search, draws: np.ndarray[Any, Any]) -> Values:
    """A number in [0, 1) for each knob -> values; those of inactive knobs stay unused."""
    position = {
        knob.name: float(draw) for knob, draw in zip(search.space.knobs, draws, strict=True)
    }
    return search.space.walk(lambda knob: _at(knob, position[knob.name]))


def _at(knob: Knob, share: float) -> Scalar:
    """The value at `share` of a range, every value of it being equally wide."""
    match knob.range:
        case IntRange(low, high, step, log):
            if log:
                edges = math.log(low - 0.5), math.log(high + 0.5)
                return min(
                    high, max(low, round(math.exp(edges[0] + share * (edges[1] - edges[0]))))
                )
            return low + step * int(share * ((high - low) // step + 1))
        case FloatRange(low, high, step, log):
            if log:
                return math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
            if step is None:
                return low + share * (high - low)
            return low + step * int(share * (round((high - low) / step) + 1))
        case Choice(options):
            return options[int(share * len(options))]


def _ask(search: Search, told: Sequence[Told], seed: int) -> tuple[Values, dict[str, Any]]:
    with quiet():
        # gp divides by nothing once it has converged, which it checks for afterwards.
        warnings.simplefilter("ignore", RuntimeWarning)
        study = optuna.create_study(
            directions=list(search.objectives.values()), sampler=_sampler(search.sampler.name, seed)
        )
        known = {knob.name: distribution(knob) for knob in search.space.knobs}
        neutral = _neutral(told, len(search.objectives))
        for one in told:
            study.add_trial(_as_trial(one, known, neutral))
        trial = study.ask()
        values = search.space.walk(lambda knob: ask_for(trial, knob))
        return values, dict(study.get_trials(deepcopy=False)[-1].system_attrs)


def _sampler(name: str, seed: int) -> optuna.samplers.BaseSampler:
    makers: dict[str, Callable[[], optuna.samplers.BaseSampler]] = {
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed, n_startup_trials=STARTUP),
        "gp": lambda: optuna.samplers.GPSampler(
            seed=seed, n_startup_trials=STARTUP, warn_independent_sampling=False
        ),
        "nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed, population_size=POPULATION),
    }
    return makers[name]()


def ask_for(trial: optuna.Trial, knob: Knob) -> Scalar:
    """A trial's value of a knob, as Optuna gives it."""
    match knob.range:
        case IntRange(low, high, step, log):
            return trial.suggest_int(knob.name, low, high, step=step, log=log)
        case FloatRange(low, high, step, log):
            return trial.suggest_float(knob.name, low, high, step=step, log=log)
        case Choice(options):
            return trial.suggest_categorical(knob.name, options)


def _neutral(told: Sequence[Told], count: int) -> list[float]:
    """What stands for the objectives of a network that was never trained: the medians."""
    done = [one.objectives for one in told if one.state == "done"]
    return [median(column) for column in zip(*done, strict=True)] if done else [0.0] * count


def _as_trial(
    told: Told, known: Mapping[str, BaseDistribution], neutral: Sequence[float]
) -> FrozenTrial:
    """A suggestion as a trial.

    An infeasible one is complete here, since gp and nsga2 look at no other: its constraint says
    what it is, and its objectives say nothing.
    """
    running = told.state == "running"
    feasible = told.state == "done"
    return optuna.trial.create_trial(
        state=TrialState.RUNNING if running else TrialState.COMPLETE,
        params=dict(told.values),
        distributions={name: known[name] for name in told.values},
        values=None if running else list(told.objectives if feasible else neutral),
        system_attrs=dict(told.memory),
        constraints=None if running else {VIOLATION: told.violation},
    )
