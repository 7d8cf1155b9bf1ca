"""`python -m benchmarks.validity`: simulate studies, print how their comparisons hold up."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from joblib import Parallel, delayed

from benchmarks.validity import choices, conditions, factorials
from benchmarks.validity import studies as comparisons

CSV = Path(__file__).parents[1] / "results" / "validity.csv"


def main(
    studies: Annotated[int, typer.Option(min=2, help="Made up for each condition.")] = 2_000,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    only: Annotated[str, typer.Option(help="A condition's name.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write the table there.")] = None,
) -> None:
    """Shares of studies, or of their comparisons; see benchmarks/results/README.md."""
    of_choices, of_effects = (
        csv and csv.with_name(f"{csv.stem}_{name}{csv.suffix}") for name in ("choices", "effects")
    )
    for all_conditions, claims, path in (
        (map(comparisons.settled, conditions.conditions()), comparisons, csv),
        (choices.conditions(), choices, of_choices),
        (factorials.conditions(), factorials, of_effects),
    ):
        rows = []
        with Parallel(n_jobs=jobs) as parallel:
            for condition in all_conditions:
                if only in ("", condition.name):
                    told = delayed(claims.told)
                    every = parallel(told(condition, number) for number in range(studies))
                    rows.append(claims.summary(condition, every))
                    print(_line(rows[-1]), flush=True)
        if path:
            known = {name: version(name) for name in ("numpy", "scipy")}
            pd.DataFrame(rows).assign(**known).to_csv(path, index=False, float_format="%.4g")


def _line(row: dict[str, object]) -> str:
    shown = (
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in row.items()
        if value is not None
    )
    return ", ".join(shown)


if __name__ == "__main__":
    typer.run(main)
