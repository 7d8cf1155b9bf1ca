"""A schedule carried out: faults come, and the same command is run again until it is complete."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ablate.errors import AblateError
from benchmarks.faults.checking import Undisturbed, of_attempts, of_the_end, unfit_to_print
from benchmarks.faults.fault import Fault, Struck, When
from benchmarks.faults.scene import Call, Scene, Wrong
from benchmarks.faults.schedules import Schedule

ALL = "all of a schedule"
CELLS_BETWEEN = 2  # that end before the next fault
MOST_RUNS = 4  # of the same command, before it is at work


@dataclass(frozen=True)
class Result:
    """A fault that came, or a whole schedule, and what was wrong afterwards."""

    schedule: int
    study: str  # its kind
    record: str  # file or server
    fault: str
    problems: tuple[str, ...]

    def row(self) -> dict[str, Any]:
        """Plain, for a table."""
        survived = int(not self.problems)
        return {**asdict(self), "survived": survived, "problems": "; ".join(self.problems)}


@dataclass
class Trial:
    """A scene, the faults that are to come there, and what becomes of it."""

    schedule: Schedule
    scene: Scene
    undisturbed: Undisturbed
    tell: Callable[[str], None]
    results: list[Result] = field(default_factory=list)
    came: list[tuple[Fault, Struck]] = field(default_factory=list)  # in the run at hand
    left_out: dict[str, str] = field(default_factory=dict)  # fault -> why it cannot come

    def carry_out(self, cells: int) -> None:
        """Every row of faults, then runs until it is complete."""
        problems: list[str] = []
        for row in self.schedule.rows:
            problems += self.disturb(row)
            if self.scene.calls[-1].code == 0:
                break
        problems += self.finish(cells)
        self._note(ALL, problems)

    def disturb(self, row: Sequence[Fault]) -> list[str]:
        """A run that is disturbed by a row of faults -> what was wrong then."""
        first, self.came = len(self.scene.calls), []
        problems: list[str] = []
        try:
            self._let_come(self._able(row))
        except Wrong as error:
            problems.append(str(error))
        calls = self.scene.calls[first:]
        said = "\n".join(call.said for call in calls)
        problems += [words for call in calls for words in unfit_to_print(call)]
        problems += self.look()
        unsaid: list[str] = []
        for fault, struck in self.came:
            mine = [] if re.search(struck.says, said) else [f"nobody says `{struck.says}`"]
            self._note(fault.name, [*problems, *mine])
            unsaid += mine
        return [*problems, *unsaid]

    def _able(self, row: Sequence[Fault]) -> list[Fault]:
        why = {fault.name: fault.why_not(self.scene) for fault in row}
        self.left_out |= {name: reason for name, reason in why.items() if reason}
        return [fault for fault in row if not why[fault.name]]

    def _let_come(self, faults: Sequence[Fault]) -> None:
        scene = self.scene
        scene.environment = {k: v for each in faults for k, v in each.environment(scene).items()}

        def come(when: When, call: Call | None) -> None:
            for fault in faults:
                if fault.when == when and (struck := fault.come(scene, call)):
                    self.came.append((fault, struck))
                    self.tell(f"  {fault.name}")

        come("between runs", None)
        call = self._begin()
        come("in a run", call)
        call.until_cells(2 * CELLS_BETWEEN)
        time.sleep(scene.draws.uniform(0, 1))
        come("at its end", call)
        self._end(call)

    def _begin(self) -> Call:
        """A run that is at work; what keeps it from that is put right as it says."""
        for _ in range(MOST_RUNS):
            call = self.scene.run()
            if call.until_cells(CELLS_BETWEEN) or call.code == 0:
                return call
            self._end(call)
        raise Wrong(f"not at work after {MOST_RUNS} runs")

    def _end(self, call: Call) -> None:
        """Wait for its end, then put right what it asks for. Raises Wrong for another end."""
        code = call.end()
        for _, struck in self.came:
            struck.mend()
        if code not in {0, *(code for _, struck in self.came for code in struck.codes)}:
            raise Wrong(f"{call.output.name}: exit code {code}")
        if code == 2:
            rebuilt = self.scene.rebuild()
            if rebuilt.end():
                raise Wrong(f"{rebuilt.output.name}: exit code {rebuilt.code}")

    def look(self) -> list[str]:
        """What is wrong with what is done so far."""
        try:
            return [*self.undisturbed.differences(self.scene.folder), *of_attempts(self.scene)]
        except (AblateError, OSError) as error:
            return [f"cannot be read: {error}"]

    def finish(self, cells: int) -> list[str]:
        """The same command, until nothing is left to do -> what is wrong with that."""
        self.scene.environment, self.came = {}, []
        return list(self._finish(cells))

    def _finish(self, cells: int) -> Iterator[str]:
        call = self.scene.run()
        try:
            self._end(call)
        except Wrong as error:
            yield str(error)
            return
        finally:
            yield from unfit_to_print(call)
        yield from self.look()
        yield from of_the_end(self.scene, cells)

    def _note(self, fault: str, problems: Sequence[str]) -> None:
        record = "server" if self.scene.server else "file"
        schedule, kind = self.schedule.number, self.schedule.kind
        self.results.append(Result(schedule, kind, record, fault, tuple(problems)))
