"""What was chosen on held-out images, beside what it came to on the test set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ablate.analysis.compare import means
from ablate.analysis.results import Results
from ablate.errors import UsageError

_DTYPES = {
    "variant": "string",
    "chosen_as": "string",
    "params": "Int64",
    "validation_error": "Float64",
    "validation_low": "Float64",
    "validation_high": "Float64",
    "validation_n": "Int64",
    "test_error": "Float64",
    "test_low": "Float64",
    "test_high": "Float64",
    "test_n": "Int64",
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
    of_variant = {row["variant"]: row for row in means(results.cells, ()).to_dict("records")}
    rows = [_row(chosen, of_variant[chosen["variant"]]) for chosen in results.head.chosen]
    columns = {name: [row[name] for row in rows] for name in _DTYPES}
    return pd.DataFrame(
        {name: pd.Series(values, dtype=_DTYPES[name]) for name, values in columns.items()}
    )


def _row(chosen: Mapping[str, Any], found: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "variant": chosen["variant"],
        "chosen_as": ", ".join(chosen["chosen_as"]),
        "params": found["params"],
        "validation_error": chosen["error"],
        "validation_low": chosen["low"],
        "validation_high": chosen["high"],
        "validation_n": len(chosen["keys"]),
        "test_error": found["error"],
        "test_low": found["low"],
        "test_high": found["high"],
        "test_n": found["n"],
        "states": found["states"],
    }
