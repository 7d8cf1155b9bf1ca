"""The next cells of a search: suggested, checked against the limits, and put into the queue.

Nothing trains here. A suggestion that cannot be built or is over a limit is written down as such
and told to the sampler; one that equals an earlier cell is answered from the record. Both are free:
the next one is made at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from optuna.distributions import BaseDistribution

from ablate.cells import DatasetFacts, PlannedCell
from ablate.records import Attempt, Attempts, Record, RunFolder
from ablate.sampling.samplers import VIOLATION, Told, Values, distribution, seed_of, suggest
from ablate.study import Search, Study, StudyCell
from ablate.text import RuleErrors, Scalar

if TYPE_CHECKING:
    from ablate.costs import Rates

FREE_IN_A_ROW = 200  # then there is nothing more to find
ESCAPE = 10  # free ones in a row; a sampler that has run aground gets a few draws at random
LISTABLE = 20_000  # points of a space that is small enough to look for one never tried


@dataclass(frozen=True)
class Suggester:
    """Makes the suggestions of a search."""

    study: Study
    facts: DatasetFacts
    cache: Path | None = None
    rates: Rates | None = None

    @property
    def search(self) -> Search:
        if self.study.search is None:
            raise ValueError(f"{self.study.name} is not a search")
        return self.study.search

    @cached_property
    def distributions(self) -> Mapping[str, BaseDistribution]:
        return {knob.name: distribution(knob) for knob in self.search.space.knobs}

    @cached_property
    def points(self) -> tuple[Values, ...]:
        """Every point of a space that can be listed; none of any other."""
        size = self.search.space.size
        return tuple(self.search.space.grid()) if size and size <= LISTABLE else ()

    def top_up(self, record: Record, count: int) -> int:
        """Queue up to `count` new cells -> how many it were. The lock must be held.

        Fewer than asked for means that the space has nothing more to offer, and the record says
        why from then on (`record.exhausted`).
        """
        queued = 0
        while queued < count:
            history = history_of(record, self.search)
            free = _free_in_a_row(history, record.widened_at)
            values, memory = next_values(self.search, self.points, history, free)
            if values is None:
                record.exhaust(_why_exhausted(self.search, history))
                break
            number = len(history)
            suggestion = self._checked(values, number, memory, record)
            record.add(suggestion)
            queued += not suggestion.free
        return queued

    def _checked(
        self, values: Values, number: int, memory: Mapping[str, Any], record: Record
    ) -> Attempt:
        """A suggestion -> its attempt: waiting, or ended because it costs no training."""
        (judged,) = judge(self.study, [values], self.facts, cache=self.cache, rates=self.rates)
        planned = replace(judged.cell, trial=number) if judged.cell else None
        suggestion = Attempt(
            key=planned.key if planned else "",
            variant=self.study.name,
            seed=self.study.file.first_seeds[0],
            suggestion=number,
            planned=planned.document() if planned else {},
            sampler=memory,
            knobs=values,
            ranges={name: self.distributions[name] for name in values},
            constraints={VIOLATION: judged.violation},
        )
        if judged.reason or not planned:
            return replace(suggestion, state="pruned", free="infeasible", reason=judged.reason)
        before = record.attempts()[planned.key]
        if not before.all:
            return suggestion
        repeated = replace(suggestion, state="fail", free="repeated", planned={})
        if before.done:
            return replace(repeated, state="complete", objectives=before.done.objectives)
        return repeated


def take_up_space(study: Study, folder: RunFolder) -> None:
    """Let the record of a search take the study's space as it is now. The lock must be held."""
    if study.search and folder.patient_store.exists():
        Record.open(folder).widen({k.name: distribution(k) for k in study.search.space.knobs})


@dataclass(frozen=True)
class Seen:
    """A suggestion of the past."""

    values: Mapping[str, Any]
    is_free: bool
    told: Told | None  # None: the sampler learns nothing from it
    reason: str = ""
    trial: int = 0  # of the record


def next_values(
    search: Search, points: Sequence[Values], history: Sequence[Seen], free: int
) -> tuple[Values | None, Mapping[str, Any]]:
    """The values of the next suggestion, and the sampler's memory of it; None where there is none.

    `points` are those of a space that can be listed; `free` of the last suggestions cost no
    training.
    """
    number = len(history)
    tried = {_hashable(seen.values) for seen in history}
    if search.sampler.name == "grid":
        # Not the point of this number: a space that was widened has others before it.
        left_of_grid = (p for p in search.space.grid() if _hashable(p) not in tried)
        return next(left_of_grid, None), {}
    if free >= FREE_IN_A_ROW:
        return None, {}
    if free >= ESCAPE and points:
        left = [point for point in points if _hashable(point) not in tried]
        if not left:
            return None, {}
        draw = np.random.default_rng(seed_of(search.sampler.seed, number))
        return left[int(draw.integers(len(left)))], {}
    told = [seen.told for seen in history if seen.told]
    return suggest(search, told, number, at_random=free >= ESCAPE)


@dataclass(frozen=True)
class Judged:
    """A point of a space, checked before any training."""

    values: Mapping[str, Scalar]
    cell: PlannedCell | None  # None where it cannot be built
    violation: float  # above 0 where infeasible: by what share of the limit, or 1
    reason: str  # empty where feasible


def judge(
    study: Study,
    points: Sequence[Mapping[str, Scalar]],
    facts: DatasetFacts,
    *,
    cache: Path | None = None,
    rates: Rates | None = None,
    jobs: int | None = 1,
) -> list[Judged]:
    """Points of a search's space -> built, priced and held against the limits."""
    from ablate.costs import price_cells  # loads torch, for which importances need not wait

    cells: list[StudyCell] = []
    refused: dict[int, str] = {}
    for number, values in enumerate(points):
        try:
            cell = study.suggested(values, facts)
        except RuleErrors as error:
            refused[number] = "; ".join(f"{key}: {text}" for key, text in error.broken)
        else:
            cells.append(StudyCell(study.name, values, cell.seed, cell))
    priced = iter(price_cells(cells, facts, cache=cache, rates=rates, jobs=jobs))
    limits = study.search.limits if study.search else {}
    found = []
    for number, values in enumerate(points):
        if number in refused:
            found.append(Judged(values, None, 1.0, refused[number]))
        else:
            planned = next(priced)
            found.append(Judged(values, planned, *_held_against(limits, planned)))
    return found


def _held_against(limits: Mapping[str, float], cell: PlannedCell) -> tuple[float, str]:
    """By what share the worst limit is exceeded (negative: kept), and which are, as text."""
    shares = {name: getattr(cell, name) / limit - 1 for name, limit in limits.items()}
    texts = [
        f"{name}: must be <= {limits[name]:,.0f}, got {getattr(cell, name):,}"
        for name, share in shares.items()
        if share > 0
    ]
    return max(shares.values(), default=0.0), "; ".join(texts)


def objectives_of(
    names: Iterable[str], cell: PlannedCell, numbers: Mapping[str, Any]
) -> list[float]:
    """The objectives of a cell, from its result (or what it had reached) and its plan."""
    return [float(numbers[name] if name in numbers else getattr(cell, name)) for name in names]


def history_of(record: Record, search: Search) -> list[Seen]:
    """Every suggestion, in the order they were made."""
    first: dict[int, Attempt] = {}
    for attempt in record.attempts_in_order():
        if attempt.suggestion is not None:
            first.setdefault(attempt.suggestion, attempt)
    attempts = record.attempts()
    return [_seen(first[n], attempts, search) for n in sorted(first)]


def _seen(suggestion: Attempt, attempts: Mapping[str, Attempts], search: Search) -> Seen:
    of_cell = Attempts((suggestion,)) if suggestion.free else attempts[suggestion.key]
    told = _told(suggestion, of_cell, search)
    return Seen(suggestion.knobs, bool(suggestion.free), told, suggestion.reason, suggestion.number)


def _told(suggestion: Attempt, attempts: Attempts, search: Search) -> Told | None:
    """What a suggestion came to, as far as a sampler should know.

    A cell that was stopped early counts with the error it had, which is worse than what it would
    have reached. One that ran out of memory or diverged counts as infeasible.
    """
    values, memory = suggestion.knobs, suggestion.sampler
    violation = suggestion.constraints.get(VIOLATION, 0.0)
    if attempts.done:
        return Told(values, "done", attempts.done.objectives, violation, memory)
    if suggestion.free:
        infeasible = suggestion.free == "infeasible"
        return Told(values, "infeasible", (), violation, memory) if infeasible else None
    state, stopped = attempts.state, attempts.stopped
    if state == "pruned" and suggestion.cell:
        whole = suggestion.cell.epochs / stopped["epoch"]
        numbers = {**stopped, "train_seconds": stopped["seconds"] * whole}
        objectives = tuple(objectives_of(search.objectives, suggestion.cell, numbers))
        return Told(values, "done", objectives, violation, memory)
    if state in ("waiting", "running"):
        return Told(values, "running", (), violation, memory)
    if state == "failed" or attempts.ended[-1].is_error:
        return None
    return Told(values, "infeasible", (), 1.0, memory)


def _free_in_a_row(history: Sequence[Seen], first: int = 0) -> int:
    """How many of the last suggestions, from trial `first` on, cost no training."""
    count = 0
    for seen in reversed(history):
        if not seen.is_free or seen.trial < first:
            break
        count += 1
    return count


def _why_exhausted(search: Search, history: Sequence[Seen]) -> str:
    is_whole = len({_hashable(seen.values) for seen in history}) == search.space.size
    text = (
        "every point of the space was suggested"
        if is_whole
        else f"the last {FREE_IN_A_ROW} suggestions were infeasible or repeats"
    )
    refused = {_hashable(seen.values): seen for seen in history if seen.reason and seen.told}
    if not refused:
        return text
    nearest = min(refused.values(), key=lambda seen: seen.told.violation if seen.told else math.inf)
    return f"{text}; {len(refused)} points are infeasible, the nearest: {nearest.reason}"


def _hashable(values: Mapping[str, Any]) -> frozenset[tuple[str, Any]]:
    # 1, 1.0 and True are one value to a set, and three to us.
    return frozenset((name, f"{type(value).__name__} {value}") for name, value in values.items())
