"""`ablate run`: train what is missing, and show the answer."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ablate.cli.compare import print_comparison
from ablate.cli.console import add_row, complain, console, new_table, print_json
from ablate.cli.exits import MEND, resumable
from ablate.cli.options import (
    DataRoot,
    Json,
    Profile,
    RunName,
    Runs,
    Sets,
    StudyFile,
    TrainingOptions,
    with_training_options,
)
from ablate.cli.summary import (
    ending,
    outlook,
    print_reasons,
    write_page,
)
from ablate.errors import AblateError, DamagedCell

if TYPE_CHECKING:
    from ablate.engine import Rehearsal
    from ablate.records import Summary
    from ablate.workers import RunOptions


@resumable()
@with_training_options
def run(
    study: StudyFile,
    profile: Profile = "",
    sets: Sets = None,
    name: RunName = None,
    runs: Runs = Path("runs"),
    data: DataRoot = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch missing data.")] = False,
    *,
    training: TrainingOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    as_json: Json = False,
) -> None:
    """Train what is missing. Run it again and it goes on; a finished study is a no-op."""
    from ablate.study import load_for_run

    checked = load_for_run(study, profile=profile, sets=sets or [], name=name)
    from ablate import engine, records
    from ablate.cli.progress import showing
    from ablate.progress import done_so_far

    options = training.read(data, download=download)
    path = records.run_path(checked, runs, name)
    if dry_run:
        return _print_rehearsal(engine.rehearse(checked, path, options), options, as_json)
    planned = engine.plan(checked, data=data, device=options.devices[0], folder=path)
    out, before = console(), done_so_far(path)
    weights = {cell.key: cell.predicted_seconds or 1.0 for cell in planned.cells}
    total = planned.most_cells
    if not as_json:
        out.print(f"{path}: {outlook(planned, before, options.processes, options.devices)}")
    for note in options.notes:
        complain(note)
    with showing(out, weights, before, total, silent=as_json) as on_event:
        summary = engine.train_plan(planned, path, options, on_event=on_event)
    _after_run(summary, as_json)
    raise typer.Exit(summary.exit_code)


def _print_rehearsal(found: Rehearsal, options: RunOptions, as_json: bool) -> None:
    """What a run would do: a row per point, then how much of what, where, and for how long."""
    if as_json:
        return print_json(found.document())
    if found.space is not None:
        from ablate.cli.preview import show_search

        show_search(found.plan.study, found.space, found.at_once, False)
    out = console()
    if found.plan.cells:
        table = new_table(*found.table()[0])
        for row in found.table()[1:]:
            add_row(table, *row)
        out.print(table)
    for line in found.lines():
        out.print(line)
    for note in (*options.notes, *filter(None, [found.images])):
        complain(note)


def _after_run(summary: Summary, as_json: bool) -> None:
    """What a person wants to see when a run has ended: the answer, and where it is."""
    from ablate.page import Told
    from ablate.progress import summary_document
    from ablate.records import search_line
    from ablate.tables import results_csv

    folder = summary.folder
    told = Told.of(folder)
    table = told.results.cells
    results_csv(table, folder / "results.csv")
    page = write_page(told)
    if as_json:
        print_json(summary_document(summary))
        return
    out = console()
    print_reasons(summary)
    if summary.states.get("done"):
        print_comparison(out, told.comparison)
        for figure, drawn in told.drawings.items():
            if not isinstance(drawn, AblateError):
                out.print(f"{figure}: {drawn.write()[0]}")
            elif not isinstance(drawn, DamagedCell):
                raise drawn
        damage = [each for each in told.drawings.values() if isinstance(each, DamagedCell)]
        if damage:
            complain(f"{damage[0]}; {MEND}")
        # On the test set nothing is chosen: the line names a cell, whatever it is.
        done = table[table["state"] == "done"].iloc[0]
        which = "best" if done["split"] == "validation" else done["key"]
        out.print(f"results: {folder / 'results.csv'}")
        out.print(f"export a network: {shlex.join(['ablate', 'export', str(folder), which])}")
    if page:
        out.print(f"report: {page}")
    if summary.search:
        out.print(search_line(summary.search, summary.total))
        if not summary.is_complete or not summary.trained:
            out.print(ending(summary))
    else:
        out.print(ending(summary))
