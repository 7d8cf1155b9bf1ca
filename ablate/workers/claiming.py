"""Which cell a free worker takes next. Pure: a plan and its record in, a decision out."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ablate.cells import PlannedCell
from ablate.records import Attempts, AttemptState, are_hopeless
from ablate.workers.packing import Device

MAX_ERRORS = 2  # retries after an exception
MAX_LOSSES = 6  # attempts that died without finishing an epoch more than the ones before
LOSSES_TO_RUN_ALONE = 2  # it may be the other workers that leave too little memory
OVERTAKERS = 8  # smaller cells that may begin before one that waits for room on a device


@dataclass(frozen=True)
class Rules:
    """What is worth another attempt, and what is done and has to be done again."""

    first_trial: int = 0  # failures of trials before this one belong to an earlier `run`
    retry: Collection[str] = ()  # outcomes of earlier runs that get another attempt
    lost: Collection[str] = ()  # cells done by earlier runs, which do not count: their files went


@dataclass(frozen=True)
class Decision:
    """What a worker does next.

    take: `enqueue` these, then take a waiting trial. wait: until others are done. idle: others
    still work, and what they work on may have to be done again. finished: nothing is left.
    """

    kind: Literal["take", "wait", "idle", "finished"]
    enqueue: tuple[PlannedCell, ...] = ()


def decide(
    planned: Sequence[PlannedCell],
    attempts: Mapping[str, Attempts],
    rules: Rules,
    device: Device = Device(),
    need: Callable[[PlannedCell], int | None] = lambda cell: 0,
) -> Decision:
    """The next step of a worker that holds the lock and has reaped the dead.

    `device` is the worker's, and `need` what a cell takes of its memory; None: all of it. What
    waits in the queue leaves it in order. Of the plan's cells `by_turn` says which is next; those
    after it may overtake one that finds no room, but only so often: then the device is left to
    empty until it does.
    """
    cells = by_turn(list({cell.key: cell for cell in reversed(planned)}.values())[::-1])
    if rules.lost:
        since = {key: attempts[key].since(rules.first_trial) for key in rules.lost}
        attempts = {cell.key: since.get(cell.key, attempts[cell.key]) for cell in cells}
    undone = [cell for cell in cells if not attempts[cell.key].done]
    tried = [cell for cell in undone if attempts[cell.key].all]
    running = [cell for cell in tried if _is(attempts[cell.key], "running")]
    waiting = [cell for cell in tried if _is(attempts[cell.key], "waiting")]
    unwanted = {cell.key for cell in tried if not is_wanted(attempts[cell.key], rules)}
    alone = {c.key for c in tried if _losses(attempts[c.key], rules) >= LOSSES_TO_RUN_ALONE}
    if any(cell.key in alone for cell in running):
        return Decision("wait")
    if waiting:
        # Suggested as one batch, or left by a worker that was killed before it took it.
        first = min(waiting, key=lambda cell: _open_number(attempts[cell.key]))
        free = (first.key not in alone or not running) and device.has_room(need(first))
        return Decision("take" if free else "wait")
    wanted = [cell for cell in undone if cell.key not in unwanted]
    sociable = [cell for cell in wanted if cell.key not in alone]
    if device.has_room(0):
        queue = _Queue(cells, attempts, rules.first_trial)
        for cell in sociable:
            if device.has_room(need(cell)):
                return Decision("take", (cell,))
            if queue.overtook(cell) >= OVERTAKERS:
                break
    if running or (wanted and device.needs):
        return Decision("wait" if wanted else "idle")
    return Decision("take", (wanted[0],)) if wanted else Decision("finished")


def by_turn(cells: Sequence[PlannedCell]) -> list[PlannedCell]:
    """A plan's cells seed by seed, the costliest first; then suggestions in their order.

    After a first seed every point of a study can be compared; and with the long cells behind it a
    run ends with short ones, so that no worker waits long for the last of another.
    """
    seeds = {seed: turn for turn, seed in enumerate(dict.fromkeys(cell.seed for cell in cells))}
    listed = [cell for cell in cells if cell.trial is None]
    listed.sort(key=lambda cell: (seeds[cell.seed], -cell.macs * cell.epochs))
    return [*listed, *(cell for cell in cells if cell.trial is not None)]


def _is(attempts: Attempts, state: AttemptState) -> bool:
    return attempts.open is not None and attempts.open.state == state


def _open_number(attempts: Attempts) -> int:
    """Optuna hands out what waits in this order."""
    assert attempts.open is not None
    return attempts.open.number


class _Queue:
    """Cells in turn, and which attempts of this run began before their turn had come."""

    def __init__(
        self, cells: Sequence[PlannedCell], attempts: Mapping[str, Attempts], first_trial: int
    ) -> None:
        self.cells, self.attempts, self.first_trial = cells, attempts, first_trial

    @cached_property
    def turns(self) -> Mapping[str, int]:
        return {cell.key: turn for turn, cell in enumerate(self.cells)}

    @cached_property
    def begun(self) -> Sequence[tuple[int, int]]:
        """Turn of the cell and number of every attempt that this run began, in turn."""
        return [
            (turn, each.number)
            for key, turn in self.turns.items()
            for each in self.attempts[key].all
            if each.number >= self.first_trial and each.state != "waiting"
        ]

    def overtook(self, cell: PlannedCell) -> int:
        """How many attempts at cells behind `cell` began while it could have begun."""
        behind = bisect_right(self.begun, (self.turns[cell.key], sys.maxsize))
        since = max((each.number + 1 for each in self.attempts[cell.key].ended), default=0)
        if since <= self.first_trial:
            return len(self.begun) - behind
        return sum(number >= since for _, number in self.begun[behind:])


def is_wanted(attempts: Attempts, rules: Rules) -> bool:
    """Whether the cell is neither done nor in work, and another attempt makes sense."""
    if attempts.done or attempts.open:
        return False
    if not attempts.ended:
        return True
    last = attempts.ended[-1]
    if last.state == "pruned":
        earlier = last.number < rules.first_trial
        return earlier and last.outcome in rules.retry
    now = [each for each in attempts.ended if each.number >= rules.first_trial]
    if are_hopeless(now):
        return False
    return (
        sum(each.is_error for each in now) <= MAX_ERRORS and _losses(attempts, rules) < MAX_LOSSES
    )


def _losses(attempts: Attempts, rules: Rules) -> int:
    """Attempts of this run that were lost without finishing an epoch more than those before.

    One whose step could not be recorded is none: the next one does not try that.
    """
    count, reached = 0, 0
    for each in attempts.ended:
        lost = each.state == "fail" and not (each.is_error or each.is_beyond_recording)
        if lost and each.number >= rules.first_trial and each.epoch <= reached:
            count += 1
        reached = max(reached, each.epoch)
    return count
