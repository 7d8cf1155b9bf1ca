"""`db rebuild`: the plan and the record of a run, made again from its study and its cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ablate.cells import DatasetFacts, PlannedCell, read_finished
from ablate.data import facts
from ablate.engine.plan import plan_study
from ablate.errors import AblateError, DamagedCell, RunFolderError
from ablate.machine import data_root, usable_cache
from ablate.records import (
    Attempt,
    Record,
    RunFolder,
    planned_cells,
    prepare_folder,
)
from ablate.sampling import distribution, judge, objectives_of
from ablate.space import points_of
from ablate.storage import set_aside
from ablate.study import Study, load_study
from ablate.text import Scalar, read_file

MOST_POINTS = 1_000  # of a space that are built to find the one that a cell is


@dataclass(frozen=True)
class Rebuilt:
    """What was found for a record that was made again."""

    done: int  # cells whose results count
    undone: int  # cells that the next run trains, from their checkpoints where there are some
    left_out: dict[str, str] = field(default_factory=dict)  # folder of a cell -> why, in words
    kept: tuple[str, ...] = ()  # what was there before, under other names


def rebuild(folder: str | Path, *, data: str | Path | None = None) -> Rebuilt:
    """Make plan.json, where it is gone or damaged, and study.db of a run folder again.

    From study.yaml, and from the finished cells, whose files are proved; nothing trains. What was
    there before stays beside it under another name. What only a record knows is gone: attempts
    that came to nothing, how long they took, and suggestions of a search that cost no training.
    Raises RunFolderError without study.yaml or while somebody works there, and what `plan` raises.
    """
    run = RunFolder(Path(folder))
    if not run.study.is_file():
        raise RunFolderError(f"{run.path}: has no study.yaml to rebuild a record from")
    _check_idle(run)
    study, root = load_study(run.study), data_root(data)
    kept = _plan_again(run, study, root)
    known = facts(study.file.data, root)
    found = _Found(run, study, known)
    attempts = list(found.suggested() if study.search else found.planned())
    kept += run.store.set_aside()
    Record.remake(run, study.title, attempts)
    done = sum(attempt.state == "complete" for attempt in attempts)
    cells = len(attempts) if study.search else len({cell.key for cell in planned_cells(run)})
    return Rebuilt(done, cells - done, found.left_out, kept)


def _check_idle(run: RunFolder) -> None:
    """Raise RunFolderError where the record, as far as it can be read, has a living worker."""
    if not run.has_record or not run.plan.is_file():
        return
    try:
        attempts = Record.open(run).attempts_in_order()
    except RunFolderError:  # damaged, which is why this is called
        return
    if any(each.state == "running" and not each.is_left for each in attempts):
        raise RunFolderError(f"{run.path}: somebody works there; stop that run first")


def _plan_again(run: RunFolder, study: Study, root: Path) -> tuple[str, ...]:
    """Write plan.json where it cannot be read -> what was there before."""
    try:
        planned_cells(run)
    except FileNotFoundError:
        kept: tuple[str, ...] = ()
    except RunFolderError:
        kept = set_aside(run.plan)
    else:
        return ()
    if run.confirms:
        raise RunFolderError(
            f"{run.plan}: says what was chosen, which nothing else does; "
            f"`ablate confirm {run.confirms.path}` makes the folder anew"
        )
    cache = usable_cache()
    prepare_folder(plan_study(study, data_root=root, cache=cache), run.path)
    return kept


@dataclass(frozen=True)
class _Found:
    """The cells that a run folder holds, as attempts at those of its study."""

    run: RunFolder
    study: Study
    facts: DatasetFacts
    left_out: dict[str, str] = field(default_factory=dict)

    def planned(self) -> Iterator[Attempt]:
        """A done attempt for each finished cell of the plan."""
        cells = {cell.key: cell for cell in reversed(planned_cells(self.run))}
        for path in self._folders():
            if path.name not in cells:
                self.left_out[path.name] = "is no cell of the plan"
            elif result := self._result(path):
                cell = cells[path.name]
                yield Attempt(
                    state="complete",
                    key=cell.key,
                    variant=cell.variant,
                    sweep=cell.sweep,
                    seed=cell.seed,
                    objectives=(float(result["error"]),),
                    result=result,
                )

    def suggested(self) -> Iterator[Attempt]:
        """An attempt for each cell that is a point of the space, finished or waiting."""
        number = 0
        for path in self._folders():
            found = self._point(path)
            if found is None:
                self.left_out.setdefault(path.name, "is no point of the space")
                continue
            values, cell = found
            attempt = self._suggestion(number, values, cell)
            number += 1
            if result := self._result(path):
                objectives = tuple(objectives_of(self.study.file.objectives, cell, result))
                attempt = replace(attempt, state="complete", result=result, objectives=objectives)
            yield attempt

    def _suggestion(self, number: int, values: dict[str, Scalar], planned: PlannedCell) -> Attempt:
        assert self.study.search is not None
        ranges = {knob.name: distribution(knob) for knob in self.study.search.space.knobs}
        cell = replace(planned, trial=number)
        return Attempt(
            key=cell.key,
            variant=cell.variant,
            seed=cell.seed,
            suggestion=number,
            planned=cell.document(),
            knobs=values,
            ranges={name: ranges[name] for name in values},
        )

    def _folders(self) -> list[Path]:
        """The folders of cells, in the order in which they were begun."""
        folders = [path.parent for path in (self.run.path / "cells").glob("*/cell.yaml")]
        return sorted(folders, key=lambda path: ((path / "cell.yaml").stat().st_mtime_ns, path))

    def _result(self, path: Path) -> dict[str, Any] | None:
        """A finished cell's result; None of one that is to be trained, damaged ones among them."""
        try:
            return read_finished(path, path.name)
        except DamagedCell as error:
            self.left_out[path.name] = str(error)
            return None

    def _point(self, path: Path) -> tuple[dict[str, Scalar], PlannedCell] | None:
        """The point of the space that a cell is, and the cell with its costs."""
        assert self.study.search is not None
        try:
            document = read_file(path / "cell.yaml").plain()
            settings = {**document["architecture"], "recipe": document["recipe"]}
        except (AblateError, LookupError, TypeError) as error:
            self.left_out[path.name] = f"cell.yaml cannot be read: {error}"
            return None
        for values in islice(points_of(self.study.search.space, settings), MOST_POINTS):
            (judged,) = judge(self.study, [values], self.facts, cache=usable_cache())
            if judged.cell and judged.cell.key == path.name:
                return values, judged.cell
        return None
