"""What was chosen, and what the test set said of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ablate.analysis import Results, means, tabled
from ablate.errors import UsageError

_OF_ERRORS = {"error": "Float64", "low": "Float64", "high": "Float64", "n": "Int64"}
_OF_CONFIRMED = {
    "variant": "string",
    "chosen_as": "string",
    "params": "Int64",
    **{f"{split}_{n}": d for split in ("validation", "test") for n, d in _OF_ERRORS.items()},
    "states": "string",
}


def confirmed(results: Results) -> pd.DataFrame:
    """Cells of a confirmation -> a row per chosen point, in the order they were chosen.

    Errors in percent with 95% t intervals and the number of seeds: `validation_*` of the held-out
    images in the run that it was chosen in, `test_*` of the test set with fresh seeds. `states` are
    of the cells that are not done. Raises UsageError for any other run.
    """
    if not results.head.chosen:
        raise UsageError("this run confirms nothing; `ablate confirm RUN` makes one that does")
    of_variant = {row["variant"]: row for row in means(results.cells).to_dict("records")}
    rows: list[dict[Any, Any]] = []
    for chosen in results.head.chosen:
        tested = of_variant[chosen["variant"]]
        validated = {**chosen, "n": len(chosen["keys"])}
        errors = {f"validation_{name}": validated[name] for name in _OF_ERRORS}
        errors |= {f"test_{name}": tested[name] for name in _OF_ERRORS}
        ways = ", ".join(chosen["chosen_as"])
        rows.append({**tested, **errors, "chosen_as": ways})
    return tabled(rows, _OF_CONFIRMED)
