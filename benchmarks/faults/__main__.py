"""`python -m benchmarks.faults`: disturb studies, print how often each fault was survived."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ablate.cli import complain, console
from benchmarks.faults.schedules import FAULTS, schedules
from benchmarks.faults.survival import Survival, by_fault, in_conditions, kept_rows
from benchmarks.faults.trial import ALL
from benchmarks.tables import conditions_line, findings_table


def main(
    count: Annotated[int, typer.Option("--schedules", min=1, help="To carry out.")] = 20,
    cells: Annotated[int, typer.Option("--cells", min=4, help="Of each study.")] = 40,
    runs: Annotated[int, typer.Option("--runs", min=1, help="That are disturbed, of each.")] = 4,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn.")] = 1,
    only: Annotated[str, typer.Option("--only", help="Faults with these words alone.")] = "",
    csv: Annotated[Path | None, typer.Option("--csv", help="Write what came there.")] = None,
) -> None:
    """Survived and tried, by fault; see benchmarks/results/README.md.

    Schedules that lie in the CSV already are not carried out again.
    """
    faults = [fault for fault in FAULTS if only in fault.name]
    out, how = console(), {"cells": cells, "runs": runs, "seed": seed}
    rows = kept_rows(csv, **how) if csv else []
    done = {row["schedule"] for row in rows}
    with tempfile.TemporaryDirectory(prefix="ablate-faults-") as folder:
        Path(folder).chmod(0o755)  # a server is another user's process
        survival = Survival(Path(folder), cells, complain)
        for schedule in schedules(seed, count, runs, faults):
            if schedule.number in done:
                continue
            rows += survival.carry_out(schedule)
            if csv:
                in_conditions(rows, **how).write_csv(csv)
    found = in_conditions(by_fault(rows, [*(fault.name for fault in faults), ALL]), **how)
    out.print(findings_table(found))
    out.print(conditions_line(found))
    for name, reason in survival.left_out.items():
        if name not in {row["fault"] for row in rows}:
            out.print(f"left out: {name}: {reason}")
    for row in rows:
        if row["problems"]:
            out.print(f"schedule {row['schedule']}: {row['fault']}: {row['problems']}")
    raise typer.Exit(int(not all(row["survived"] for row in rows)))


if __name__ == "__main__":
    typer.run(main)
