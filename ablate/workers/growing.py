"""A run whose study cannot list all its cells: its planner is asked, and the run grows."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ablate.costs import price_cells
from ablate.data import facts
from ablate.records import Moment, Plan, Record, RunFolder, read_plan
from ablate.study import Standing, Study
from ablate.workers.claiming import Decision


def standing_of(record: Record, moment: Moment, decision: Decision) -> Standing:
    """What a record says at one moment, and what was decided by that, as planners are told."""
    return Standing(
        cells=moment.planned,
        attempts=moment.attempts,
        is_free=decision.kind in ("idle", "finished"),
        have_ended=decision.kind == "finished",
        batch_end=record.batch_end,
        exhausted=bool(record.exhausted),
        still_open=partial(_still_open, record.folder),
    )


def _still_open(folder: RunFolder, plan: Plan | None = None) -> frozenset[str]:
    """The points of a run whose seeds race that need another one, as its record says now.

    With a `plan` by the rules of that one, which may have more seeds or another margin.
    """
    # Here, as other studies' workers do without pandas.
    from ablate.analysis import planned, trained
    from ablate.claims import raced

    results = trained(folder.path)
    head = planned(plan).head if plan else results.head
    return raced(replace(results, head=head)).still_open


def as_begun(study: Study, folder: RunFolder) -> Study:
    """A study as its run in `folder` began: what another rule has decided is not turned."""
    design = read_plan(folder).get("design", {}) if folder.plan.exists() else {}
    if design.get("kind") != "path":
        return study
    return replace(study, steps_are=design.get("steps", "observed"))  # by earlier versions


def plan_onwards(plan: Plan, folder: RunFolder, *, data_root: Path, cache: Path | None) -> Plan:
    """A study's plan with the cells that its run in `folder` has come to meanwhile.

    Nothing is kept beside the run folder, so that a run which was stopped anywhere goes on from
    what its record says.
    """
    study = as_begun(plan.study, folder)
    planner = study.planner
    if planner is None or not plan.cells or not folder.plan.exists():
        return plan
    moment, known = Record.open(folder).now(), facts(plan.study.file.data, data_root)
    seen = Standing(moment.planned, moment.attempts, still_open=partial(_still_open, folder, plan))
    cells = price_cells(planner.so_far(seen, known), known, cache=cache, rates=plan.rates)
    return replace(plan, study=study, cells=cells)
