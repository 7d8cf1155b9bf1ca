"""What was chosen, what validation said of it, and what the test set says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ablate.analysis import Results, means, tabled
from ablate.claims.answer import answer_of
from ablate.claims.chosen import point_differences
from ablate.contrasts import Basis
from ablate.errors import UsageError

_ENDS = ("", "_low", "_high")
_OF_ERRORS = {"error": "Float64", "low": "Float64", "high": "Float64", "n": "Int64"}
_BOUNDS = ("bound_low", "bound_high")
_OF_CONFIRMED = {
    "variant": "string",
    "chosen_as": "string",
    "params": "Int64",
    **{f"validation_{name}": dtype for name, dtype in _OF_ERRORS.items()},
    "validation_lost": "string",
    **{f"expected_error{end}": "Float64" for end in _ENDS},
    **{f"test_{name}": dtype for name, dtype in _OF_ERRORS.items()},
    **{f"validation_difference{end}": "Float64" for end in _ENDS},
    "expected_difference": "Float64",
    **{f"test_difference{end}": "Float64" for end in _ENDS},
    **dict.fromkeys(_BOUNDS, "Float64"),
    "p": "Float64",
    "verdict": "string",
    "lost": "string",
    "states": "string",
}


@dataclass(frozen=True)
class Confirmed:
    """What was predicted of choices, and what was seen on the test set."""

    rows: pd.DataFrame  # of `confirmed()`
    against: str  # what differences are to
    of_differences: Basis  # on the test set
    answer: str  # whether the choice differs from that there; empty where nothing can be said
    subject: str = ""  # what papers call the data
    images: int = 0  # of the test set; 0 where it is not known


def confirmed(results: Results) -> Confirmed:
    """Cells of a confirmation -> a row per chosen point, in the order they were chosen.

    Errors in percent with 95% t intervals and the number of seeds: `validation_*` of the held-out
    images in the run that it was chosen in, as they were known then, with what was to be
    `expected_*` of new seeds, and `test_*` of the test set with fresh seeds. A point that was
    chosen again after more of its cells were trained has a row for each time. Differences are to
    the confirmation's baseline, in points: that of validation was told when it was chosen, from the
    whole run, and is too good by the luck of the choice, without which it is the
    `expected_difference`; that of the test set is of the same seeds, as one family, with its p and
    verdict; see `judge`, and `Losses` of lost cells. `states` are of the cells that are not done.
    Raises UsageError for any other run.
    """
    head = results.head
    if not head.chosen:
        raise UsageError("this run confirms nothing; `ablate confirm RUN` makes one that does")
    of_variant = {row["variant"]: row for row in means(results.cells).to_dict("records")}
    variants = dict.fromkeys(chosen["variant"] for chosen in head.chosen)
    others = [variant for variant in variants if variant != head.baseline]
    points: list[tuple[str, dict[str, Any]]] = [(variant, {}) for variant in others]
    differences, basis = point_differences(results, points, (head.baseline, {}))
    judged = dict(zip(others, differences, strict=True))
    rows = [
        _row(
            chosen, of_variant[chosen["variant"]], judged.get(chosen["variant"], {}), head.baseline
        )
        for chosen in head.chosen
    ]
    claims = list(judged.items())
    return Confirmed(
        rows=tabled(rows, _OF_CONFIRMED),
        against=head.baseline,
        of_differences=basis,
        answer=answer_of(claims, basis, head.baseline, "on the test set", margin=head.margin),
        subject=head.subject,
        images=head.images,
    )


def _row(
    chosen: Mapping[str, Any], tested: Mapping[Any, Any], judged: Mapping[str, Any], baseline: str
) -> dict[Any, Any]:
    """What was known of a choice, and what is seen of it; of differences to this baseline."""
    validated = {**chosen, "n": len(chosen["keys"])}
    row = {f"validation_{name}": validated[name] for name in _OF_ERRORS}
    row |= {f"test_{name}": tested[name] for name in _OF_ERRORS}
    told = chosen if chosen.get("difference_to") == baseline else {}
    for end in _ENDS:
        row[f"expected_error{end}"] = chosen.get(f"expected{end}")
        row[f"validation_difference{end}"] = told.get(f"difference{end}")
        row[f"test_difference{end}"] = judged.get(f"difference{end}")
    row["expected_difference"] = told.get("expected_difference")
    row |= {name: judged.get(name) for name in ("p", "verdict", "lost", *_BOUNDS)}
    row["validation_lost"] = chosen.get("lost", "")
    return {**tested, **row, "chosen_as": ", ".join(chosen["chosen_as"])}
