"""What figures are drawn from: a run folder, read once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.analysis import Read, Results
from ablate.cells import Predictions, kept_predictions
from ablate.contrasts import Effects, effects_of
from ablate.errors import HolesError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from ablate.records import Snapshot


@dataclass(frozen=True)
class Importances:
    """How much each knob of a search decides for the error."""

    rows: pd.DataFrame  # knob; importance, a share of all knobs'; low, high, chance; n cells
    note: str  # how they came about
    warning: str  # empty where the cells are enough


@dataclass(frozen=True)
class Run:
    """A run folder and its results."""

    folder: Path
    results: Results
    read: Read | None = None  # what a cell answered; None: what it has kept of that
    importances: Callable[[], Importances] | None = None  # of a search

    @property
    def subject(self) -> str:
        """What papers call the data, e.g. `C10+`."""
        return self.results.head.subject

    @cached_property
    def effects(self) -> Effects:
        """What the levels of its factors do, for every figure that shows some of it."""
        return effects_of(self.results)

    def kept(self, key: str) -> Predictions | None:
        """What a cell answered, as its folder has it."""
        return kept_predictions(self.folder / "cells" / key, key)


def run_of(seen: Snapshot, results: Results, read: Read | None = None) -> Run:
    """A run that trains, as it was read."""
    return Run(seen.folder.path, results, read, partial(importances, seen))


def importances(run: Snapshot) -> Importances:
    """A search -> how much each knob decides, the highest first; the range is over resamples.

    Raises UsageError for a fixed design, HolesError for fewer than two cells.
    """
    import pandas as pd

    from ablate import sampling

    rated = sampling.rated_cells(run.moment.attempts.values())
    if len(rated.points) < 2:
        raise HolesError(
            f"importances need at least 2 cells that are done, got {len(rated.points)}"
        )
    if not rated.distributions:
        raise UsageError("importances: are of searches; this run is a fixed design")
    shares = sampling.importances(rated.points, rated.values, rated.distributions)
    rows = pd.DataFrame(shares, columns=["knob", "importance", "low", "high", "chance"])
    return Importances(rows.assign(n=len(rated.points)), rated.note, rated.warning)
