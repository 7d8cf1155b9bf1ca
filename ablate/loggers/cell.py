"""What a logger hears: a cell as it begins, then the rows of its curve, then how it ended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ablate.cells import PlannedCell

Row = Mapping[str, Any]  # columns of curve.csv: epoch, train_loss, train_error, loss, error, ...


@dataclass(frozen=True)
class LoggedCell:
    """A cell that is about to be trained, or to go on."""

    study: str  # its title, with the profile: `tiny@long`
    variant: str
    sweep: Mapping[str, Any]  # its values of what is swept, or suggested
    point: str  # what it shares with cells of other seeds: `DenseNet-BC depth=40`, `#17 depth=40`
    seed: int
    key: str
    folder: Path  # the run folder's whole path
    config: Mapping[str, Any]  # plain maps: architecture, recipe, data, its costs, all of the above
    # Rows of earlier attempts; the last of them may not have been told before all was killed.
    earlier: Sequence[Row] = ()

    @classmethod
    def of(
        cls, planned: PlannedCell, study: str, folder: Path, earlier: Sequence[Row]
    ) -> LoggedCell:
        """Of a cell of the plan of the run in `folder`: copies, which a logger may change."""
        about: dict[str, Any] = {
            "study": study,
            "variant": planned.variant,
            "sweep": dict(planned.sweep),
            "point": planned.point,
            "seed": planned.seed,
            "key": planned.key,
        }
        costs = {name: getattr(planned, name) for name in ("params", "macs", "flops")}
        config = deepcopy({**planned.cell, **costs, **about})
        rows = [dict(row) for row in earlier]
        return cls(**deepcopy(about), folder=folder, config=config, earlier=rows)

    @property
    def name(self) -> str:
        """Point and seed, for people."""
        return f"{self.point} seed={self.seed}"


class Logger(Protocol):
    """What a maker gives for a cell. It may also have `close(end)`.

    `end` is a map with `state`: done, pruned, oom, diverged, timeout, failed; or lost with its
    worker, or stopped with the run, after which it goes on in another attempt. Of one that is done
    it has `result`, the content of result.json, of others `reason`.
    """

    def __call__(self, row: dict[str, Any], /) -> object:
        """Take up a new epoch, by the columns of curve.csv.

        Errors are in percent, losses in nats, seconds are of the epoch; `loss` and `error` are None
        where the evaluated images were not looked at.
        """


def shortened(text: str, most: int) -> str:
    """A text of at most so many bytes; of two that begin alike, two."""
    if len(text.encode()) <= most:
        return text
    start = text.encode()[: most - 9].decode(errors="ignore")
    return f"{start}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


Maker = Callable[[LoggedCell], Logger]
Makers = str | Maker | Sequence[str | Maker]  # as verbs take them: one or more, by name or itself
