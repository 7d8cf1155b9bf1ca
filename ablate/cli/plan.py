"""`ablate plan`: what a study would train or measure, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from ablate.cli.console import console, print_json
from ablate.cli.options import (
    DataRoot,
    Devices,
    Jobs,
    Json,
    Profile,
    Runs,
    Sets,
    StudyFile,
    device_names,
)
from ablate.text import duration, new_table

if TYPE_CHECKING:
    from ablate.records import Plan
    from ablate.study import Study


def plan(
    study: StudyFile,
    profile: Profile = "",
    sets: Sets = None,
    runs: Runs = Path("runs"),
    data: DataRoot = None,
    jobs: Jobs = None,
    devices: Devices = None,
    as_json: Json = False,
) -> None:
    """Every cell with parameters, MACs, training memory and predicted time; nothing trains."""
    from ablate.study import load_study

    # Faults first: they need none of the rooms that take seconds to import.
    checked = load_study(study, profile=profile, sets=sets or [])
    from ablate import analysis, claims, engine, records
    from ablate.machine import parallel

    if checked.is_measured:
        planned = engine.plan(checked, data=data)
        if as_json:
            print_json(planned.document())
            return
        out = console()
        out.print(plan_table(planned))
        out.print(planned.total)
        return
    names = device_names(devices)
    if checked.search:
        from ablate.cli.preview import show_search

        look = engine.preview(checked, data=data, device=names[0])
        show_search(checked, look, parallel(jobs, names), as_json)
        return
    folder = records.run_path(
        checked, runs
    )  # a match that a run has solved is shown as it stands there
    planned = engine.plan(checked, data=data, device=names[0], folder=folder)
    found = claims.detectable(analysis.planned(planned), analysis.runs_alike(planned, runs))
    if as_json:
        more = {"detectable": found.document()} if found else {}
        print_json({**planned.document(), **more})
        return
    out = console()
    out.print(plan_table(planned))
    out.print(plan_total(planned, parallel(jobs, names), ", ".join(names)))
    if note := path_note(planned.study):
        out.print(note)
    for sentence in found.sentences if found else ():
        out.print(sentence)


def plan_table(plan: Plan) -> Table:
    """For a terminal."""
    return new_table(plan.sheet.lines, "", words=("variant",))


def plan_total(plan: Plan, jobs: int, devices: str) -> str:
    """The line below the table, with the time that it takes here."""
    if (seconds := plan.predicted_seconds) is None:
        return plan.total
    return f"{plan.total}; {duration(seconds / jobs)} with {jobs} at a time on {devices}"


def path_note(study: Study) -> str:
    """How likely a path is to take a step that helps nothing; empty of any other study."""
    from ablate.space import chance_note, decided_by

    design = study.file.design
    if design is None or design.kind != "path":
        return ""
    rounds = len(design.changes)
    steps_are = decided_by(study.steps_are, len(study.file.first_seeds))
    return f"path: {chance_note(rounds, steps_are, rounds, design.margin)}"
