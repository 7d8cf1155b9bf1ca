"""`python -m benchmarks.validity`: simulate studies, print how their comparisons hold up."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from joblib import Parallel, delayed

from ablate.machine import write_text
from benchmarks.validity import choices, classes, conditions, factorials, paths, pruning
from benchmarks.validity import studies as comparisons

VERSIONS = {name: version(name) for name in ("numpy", "scipy")}


def main(
    studies: Annotated[int, typer.Option(min=2, help="Made up for each condition.")] = 2_000,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    only: Annotated[str, typer.Option(help="A condition's name.")] = "",
    table: Annotated[str, typer.Option(help="One of them alone.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write the tables there, and beside it.")] = None,
) -> None:
    """Shares of studies, or of their comparisons; see benchmarks/results/README.md.

    Tables that lie there already are gone on with, after the conditions that they have.
    """
    if only and csv:
        raise typer.BadParameter("one condition is printed, not written: leave out --csv")
    tables: dict[str, tuple[Iterator[Any], Any]] = {
        "comparisons": (map(comparisons.settled, conditions.conditions()), comparisons),
        "choices": (choices.conditions(), choices),
        "effects": (factorials.conditions(), factorials),
        "classes": (classes.conditions(), classes),
        "paths": (paths.conditions(), paths),
        "pruning": (pruning.conditions(), pruning),
    }
    if table and table not in tables:
        raise typer.BadParameter(f"--table is one of {', '.join(tables)}, got {table!r}")
    for name in [table] if table else tables:
        all_conditions, claims = tables[name]
        end = "" if name == "comparisons" else f"_{name}"
        path = csv and csv.with_name(f"{csv.stem}{end}{csv.suffix}")
        rows = _begun(path, studies) if path else []
        with Parallel(n_jobs=jobs) as parallel:
            for number, condition in enumerate(all_conditions):
                if only not in ("", condition.name) or number < len(rows):
                    continue
                told = delayed(claims.told)
                every = parallel(told(condition, study) for study in range(studies))
                rows.append({**claims.summary(condition, every), **VERSIONS})
                print(_line(rows[-1]), flush=True)
                if path:
                    text = pd.DataFrame(rows).to_csv(index=False, float_format="%.4g")
                    write_text(path, text)


def _begun(path: Path, studies: int) -> list[dict[Any, Any]]:
    """The rows that an earlier call has written."""
    if not path.exists():
        return []
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])  # `null` is a condition
    if not table["studies"].eq(studies).all():
        raise typer.BadParameter(f"{path} has another number of studies: write somewhere else")
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _line(row: dict[str, object]) -> str:
    shown = (
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in row.items()
        if value is not None
    )
    return ", ".join(shown)


if __name__ == "__main__":
    typer.run(main)
