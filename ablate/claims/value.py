"""What a comparison is, and over what it may be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ablate.analysis import tabled
from ablate.cells import OF_DIFFERENCES, OF_LINES
from ablate.contrasts import Basis, Effects
from ablate.errors import UsageError
from ablate.text import nearest

OVER = ("seeds", "images")  # what intervals may be asked for: over seeds, or images as well


def check_over(over: str) -> None:
    """Raise UsageError for something else."""
    if over not in OVER:
        raise UsageError(f"over: unknown value `{over}`{nearest(over, OVER)}")


def _no_lines() -> pd.DataFrame:
    return tabled([], OF_LINES)


@dataclass(frozen=True)
class Comparison:
    """What a run says: a sentence, a line per variant at equal cost, a row per point.

    The verdicts are of one family of comparisons: those of `effects` or of `lines`, or where there
    are none those of `rows`. Beside the others the differences of the rows are a second family,
    which decides nothing.
    """

    rows: pd.DataFrame  # per point: what it is, `means()`, and a difference with its interval
    lines: pd.DataFrame = field(default_factory=_no_lines)  # per variant; may be empty
    effects: Effects | None = None  # of a factorial design
    question: str = ""
    answer: str = ""
    subject: str = ""  # what papers call the data
    shown: str = ""  # which rows these are
    against: str = ""  # what differences are to
    matched: tuple[str, ...] = ()  # settings that a row has in common with what it is set against
    over: str = "seeds"  # what intervals were asked for: over seeds, or seeds and images
    cost: str = "params"  # that lines are at, and ratios are of
    margin: float | None = None  # the least difference that matters, in points of error
    chance: float = 100.0  # percent of error: of a lost cell, had it failed outright
    of_rows: Basis = field(default_factory=Basis)
    of_lines: Basis = field(default_factory=Basis)
    objectives: tuple[str, ...] = ()  # of a search
    images: int = 0  # that an error is of; 0 where it is not known
    extensions: tuple[Mapping[str, Any], ...] = ()  # seeds added after results could be seen
    notes: tuple[str, ...] = ()

    @property
    def is_second(self) -> bool:
        """Whether something else than the rows decides."""
        effects = self.effects.basis.comparisons if self.effects else 0
        return bool(effects or self.of_lines.comparisons)


def with_differences(
    rows: pd.DataFrame, differences: Sequence[Mapping[str, Any]] | None = None
) -> pd.DataFrame:
    """A row per point -> the same with the columns of a difference, which may be missing."""
    columns = tabled(differences or [{"is_baseline": False}] * len(rows), OF_DIFFERENCES)
    return pd.concat([rows.reset_index(drop=True), columns], axis="columns")


def swept_columns(rows: pd.DataFrame) -> list[str]:
    """The settings that are swept, of a row per point."""
    columns = rows.columns.tolist()
    return columns[columns.index("variant") + 1 : columns.index("split")]
