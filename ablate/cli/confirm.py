"""`ablate confirm`: train the chosen again with fresh seeds, then look at the test set once."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ablate.cli.console import complain, console, print_json
from ablate.cli.exits import resumable
from ablate.cli.options import (
    DataRoot,
    Folder,
    Json,
    TrainingOptions,
    Where,
    with_training_options,
)
from ablate.cli.summary import (
    ending,
    outlook,
    print_reasons,
    write_page,
)

if TYPE_CHECKING:
    import pandas as pd

    from ablate.claims import Confirmed
    from ablate.engine import Confirmation
    from ablate.ledger import Looks
    from ablate.records import Summary


@resumable()
@with_training_options
def confirm(
    folder: Folder,
    which: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHICH",
            help="best, knee, variants, trial-N or keys; else best and knee of a search, "
            "best and baseline of a fixed design.",
        ),
    ] = None,
    where: Where = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="Fresh seeds for each.")
    ] = 3,
    data: DataRoot = None,
    *,
    training: TrainingOptions,
    as_json: Json = False,
) -> None:
    """Train the chosen again on all training images, with fresh seeds; then the test set, once."""
    from ablate import engine
    from ablate.cli.progress import showing
    from ablate.progress import done_so_far

    options = training.read(data)
    asked = engine.confirmation(
        folder, which or (), where=where or (), seeds=seeds, data=data, device=options.devices[0]
    )
    out, before = console(), done_so_far(asked.path)
    weights = {cell.key: cell.predicted_seconds or 1.0 for cell in asked.plan.cells}
    if not as_json:
        for line in _chosen_lines(asked):
            out.print(line)
        out.print(
            f"{asked.path}: {outlook(asked.plan, before, options.processes, options.devices)}"
        )
    for note in options.notes:
        complain(note)
    with showing(out, weights, before, len(weights), silent=as_json) as on_event:
        summary = engine.train_plan(asked.plan, asked.path, options, on_event=on_event)
    _after_confirm(asked, summary, as_json)
    raise typer.Exit(summary.exit_code)


def _chosen_lines(confirmation: Confirmation) -> list[str]:
    """A line for each network that is confirmed, and one on how it is trained."""
    from ablate.text import error_text, percent, point_text

    lines = []
    for chosen in confirmation.plan.chosen:
        point = point_text(chosen["source"], chosen["sweep"])
        seeds, expected = len(chosen["keys"]), chosen["expected"]
        error = f"{error_text(chosen['error'], chosen['low'], chosen['high'], seeds)} %"
        if expected is not None:
            error = f"{percent(chosen['error'])} % (n={seeds}), expected {percent(expected)} %"
        ways = ", ".join(chosen["chosen_as"])
        lines.append(f"{chosen['variant']} ({ways}): {point}; validation error {error}")
    return [*lines, *confirmation.notes]


def _after_confirm(confirmation: Confirmation, summary: Summary, as_json: bool) -> None:
    """The errors of the choice beside those of the test, and how often was looked."""
    from ablate.claims import confirmed
    from ablate.ledger import looks
    from ablate.page import Told
    from ablate.tables import confirmed_sheets, results_csv

    page_of = Told.of(confirmation.path)
    results = page_of.results
    results_csv(results.cells, confirmation.path / "results.csv")
    page = write_page(page_of)
    told = confirmed(results)
    so_far = looks(confirmation.folder, results.cells["data_sha256"].dropna())
    if as_json:
        print_json(_document(told, summary, so_far))
        return
    out = console()
    print_reasons(summary)
    for sheet in confirmed_sheets(told):
        out.print(sheet.fitted(out.width))
    if told.answer:
        out.print()
        out.print(f"Answer: {told.answer}")
    for line in _look_lines(so_far, confirmation.folder.run.path.name, results.cells):
        out.print(line)
    if so_far:
        out.print(so_far.sentence)
    out.print(f"results: {confirmation.path / 'results.csv'}")
    if summary.states.get("done"):
        name = told.rows[told.rows["test_n"].gt(0)]["variant"].iloc[0]
        command = shlex.join(["ablate", "export", str(confirmation.path), name])
        out.print(f"export a network: {command}")
    if page:
        out.print(f"report: {page}")
    out.print(ending(summary))


def _look_lines(looks: Looks, run: str, cells: pd.DataFrame) -> list[str]:
    """Where a run's choices were looked at more than once: what each look saw, as it was then."""
    own = [look for look in looks.all if look.run == run and look.verb == "confirm"]
    variants = dict(zip(cells["key"], cells["variant"], strict=True))
    lines = []
    for look in own if len(own) > 1 else ():
        seen: dict[str, list[float]] = {}
        for key, error in look.errors.items():
            if error is not None and key in variants:
                seen.setdefault(variants[key], []).append(error)
        means = (f"{name} {sum(of) / len(of):.2f} % (n={len(of)})" for name, of in seen.items())
        lines.append(f"look of {look.when}: {', '.join(means) or 'no error was kept'}")
    return lines


def _document(told: Confirmed, summary: Summary, looks: Looks) -> dict[str, Any]:
    from ablate.analysis import plain_rows
    from ablate.progress import summary_document

    return {
        **summary_document(summary),
        **looks.document(),
        "looks": [{**look.document(), "errors": dict(look.errors)} for look in looks.all],
        "against": told.against,
        "answer": told.answer,
        "confirmed": plain_rows(told.rows),
    }
