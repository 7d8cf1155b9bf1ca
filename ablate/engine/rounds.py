"""The rounds of a path: each is planned from what the ones before came to, then trained.

Nothing is kept beside the run folder, so that a path which was stopped anywhere goes on from the
errors that its record holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from ablate.cells import DatasetFacts
from ablate.data import facts
from ablate.engine.planning import plan_study
from ablate.records import Plan, RunFolder, Summary, planned_cells, rows, snapshot
from ablate.study import (
    Changes,
    Design,
    PlannedCell,
    Study,
    changes_of,
    errors_of,
    point_on_path,
    walk,
)

Train = Callable[[Plan, Collection[str]], Summary]  # a plan, and outcomes to try again


def run_rounds(
    plan: Plan,
    path: Path,
    train: Train,
    *,
    data_root: Path,
    cache: Path | None = None,
    retry: Collection[str] = (),
) -> Summary:
    """Train a path round by round, to its end or as far as failed cells let it go.

    `train` trains the plan of the rounds so far. Raises what that raises.
    """
    rounds = plan_rounds(plan, path, data_root=data_root, cache=cache)
    found = train(rounds, retry)
    trained, taken_over, elsewhere = found.trained, found.taken_over, found.elsewhere
    while (longer := plan_rounds(plan, path, data_root=data_root, cache=cache)).keys != rounds.keys:
        rounds = longer
        found = train(rounds, ())
        trained, taken_over = trained + found.trained, taken_over + found.taken_over
        elsewhere += found.elsewhere
    return replace(found, trained=trained, taken_over=taken_over, elsewhere=elsewhere)


def plan_rounds(first: Plan, path: Path, *, data_root: Path, cache: Path | None = None) -> Plan:
    """The plan of a path's first round and the folder it is run in -> that of all rounds so far.

    The last of them is open, unless the path has ended. Cells that an earlier path took, before a
    retry or another seed turned it, stay in the plan.
    """
    study, folder = first.study, RunFolder(path)
    design, known = study.file.design, facts(study.file.data, data_root)
    if design is None or design.kind != "path":
        raise ValueError("plan_rounds() is of a path")
    begun = folder.plan.exists()
    cells = rows(snapshot(path)) if begun else []
    walked = walk(
        tuple(design.changes),
        design.margin,
        errors_of(
            ((row["variant"], row["seed"], row["state"], row["error"]) for row in cells),
            study.file.seeds,
        ),
        lambda point: point_on_path(study.tree, point, known) is not None,
    )
    rounds = _of_points(study, walked.points, known)
    planned = plan_study(rounds, data_root=data_root, cache=cache, rates=first.rates)
    behind = _left_behind(planned, design, planned_cells(folder) if begun else [], known)
    return replace(planned, cells=(*planned.cells, *behind))


def _of_points(study: Study, points: Iterable[Changes], known: DatasetFacts) -> Study:
    """The study of these points of its path; those that cannot be built are left out."""
    found = (point_on_path(study.tree, point, known) for point in points)
    return replace(study, points=tuple(point for point in found if point))


def _left_behind(
    planned: Plan, design: Design, before: list[PlannedCell], known: DatasetFacts
) -> list[PlannedCell]:
    """Cells of the plan `before` that are this study's, but no longer on its path."""
    ours = {(cell.variant, cell.seed) for cell in planned.cells}
    gone = [cell for cell in before if (cell.variant, cell.seed) not in ours]
    points = (changes_of(name, list(design.changes)) for name in {c.variant: 0 for c in gone})
    study = _of_points(planned.study, [point for point in points if point], known)
    keys = {(cell.variant, cell.seed): cell.cell.key for cell in study.cells(known)}
    # What is of another study is not kept: the folder then refuses this one.
    return [cell for cell in gone if keys.get((cell.variant, cell.seed)) == cell.key]
