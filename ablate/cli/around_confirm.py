"""What `confirm` says before it begins and when it has ended, and `status` of its looks."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ablate.cli.around_run import ending, print_reasons, summary_document
from ablate.cli.console import console, print_json

if TYPE_CHECKING:
    import pandas as pd

    from ablate.engine import Confirmation
    from ablate.records import Look, Summary


def chosen_lines(asked: Confirmation) -> list[str]:
    """A line for each network that is confirmed, and one on how it is trained."""
    from ablate.analysis import point_text
    from ablate.text import error_text

    lines = []
    for chosen in asked.plan.chosen:
        point = point_text(chosen["source"], chosen["sweep"])
        error = error_text(chosen["error"], chosen["low"], chosen["high"], len(chosen["keys"]))
        ways = ", ".join(chosen["chosen_as"])
        lines.append(f"{chosen['variant']} ({ways}): {point}; validation error {error} %")
    return [*lines, *asked.notes]


def looks_line(looks: Sequence[Look]) -> str:
    """How often the test set was looked at for a run; empty where it never was."""
    from ablate.records import SELECTION

    if not looks:
        return ""
    when, number = looks[-1].when, len(looks)
    if number == 1:
        return f"the test set was looked at once for this run, on {when}"
    return f"the test set was looked at {number} times for this run, last on {when}; {SELECTION}"


def after_confirm(asked: Confirmation, summary: Summary, as_json: bool) -> None:
    """The errors of the choice beside those of the test, and how often was looked."""
    from ablate import analysis
    from ablate.analysis import confirmed
    from ablate.records import looks
    from ablate.report import confirmed_table, results_csv

    table = analysis.results(asked.path)
    results_csv(table, asked.path / "results.csv")
    found, seen = confirmed(table), looks(asked.folder)
    if as_json:
        print_json(_document(found, summary, len(seen)))
        return
    out = console()
    print_reasons(summary)
    out.print(confirmed_table(found, table.attrs["subject"]))
    if seen:
        out.print(looks_line(seen))
    out.print(f"results: {asked.path / 'results.csv'}")
    if summary.states.get("done"):
        name = found[found["test_n"].gt(0)]["variant"].iloc[0]
        command = shlex.join(["ablate", "export", str(asked.path), name])
        out.print(f"export a network: {command}")
    out.print(ending(summary))


def _document(found: pd.DataFrame, summary: Summary, looks: int) -> dict[str, Any]:
    from ablate.analysis import plain_rows

    return {
        **summary_document(summary),
        "test_looks": looks,
        "confirmed": plain_rows(found),
    }
