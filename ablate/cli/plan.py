"""`ablate plan`: what a study would train or measure, and what that costs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from ablate.cli.console import add_row, console, new_table, print_json
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
from ablate.text import count, duration, size

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
        out.print(networks_table(planned))
        out.print(networks_total(planned))
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
    """A row per variant and sweep point, as its seeds cost the same.

    With a match also the settings that were solved, and how far from the target they end.
    """
    keys, solved = plan.study.sweep_keys, plan.study.matched_keys
    heads = [*keys, *solved, *(["off by"] if solved else [])]
    table = new_table("variant", *heads, "seeds", "params", "MACs", "memory", "time a cell")
    seeds = len(plan.study.file.first_seeds)
    for cell in plan.cells[::seeds]:
        swept = [_value(cell.sweep[key]) if key in cell.sweep else "" for key in keys]
        if solved:
            swept += [str(cell.matched["knobs"].get(key, "")) for key in solved]
            swept.append(f"{cell.matched['deviation']:+.1%}")
        numbers = [str(seeds), count(cell.params), count(cell.macs), size(cell.peak_bytes)]
        add_row(table, cell.variant, *swept, *numbers, duration(cell.predicted_seconds))
    return table


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def plan_total(plan: Plan, jobs: int, devices: str) -> str:
    """The line below the table."""
    total = f"{len(plan.keys)} cells"
    if plan.is_open:
        begins = "until the first look" if plan.study.file.race else "in the first round"
        total += f" {begins}, at most {plan.most_cells} in all"
    if len(plan.keys) != len(plan.cells):
        total += f" ({len(plan.cells)} with repeats)"
    if (seconds := plan.predicted_seconds) is None:
        return total
    alone, together = duration(seconds), duration(seconds / jobs)
    return f"{total}, about {alone} of training; {together} with {jobs} at a time on {devices}"


def path_note(study: Study) -> str:
    """How likely a path is to take a step that helps nothing; empty of any other study."""
    from ablate.space import chance_note, decided_by

    design = study.file.design
    if design is None or design.kind != "path":
        return ""
    rounds = len(design.changes)
    steps_are = decided_by(study.steps_are, len(study.file.first_seeds))
    return f"path: {chance_note(rounds, steps_are, rounds, design.margin)}"


def networks_table(plan: Plan) -> Table:
    """A measure study's networks, with what is counted of each as we run them in mode `fast`."""
    keys = plan.study.sweep_keys
    table = new_table("variant", *keys, "images a step", "params", "MACs", "memory")
    for cell in plan.cells:
        swept = [str(cell.sweep[key]) if key in cell.sweep else "" for key in keys]
        images = str(cell.cell["recipe"].get("batch_size", 64))
        numbers = [count(cell.params), count(cell.macs), size(cell.peak_bytes)]
        add_row(table, cell.variant, *swept, images, *numbers)
    return table


def networks_total(plan: Plan) -> str:
    """The line below the table."""
    names = plan.study.file.implementations
    return f"{len(plan.cells)} networks in {len(names)} implementations: {', '.join(names)}"
