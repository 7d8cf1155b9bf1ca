"""A look at a test set, and what all of them come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

SELECTION = "a choice made after a look is made on the test set, so tell all of them"
_MOST_NAMES = 3  # of runs, in a sentence


@dataclass(frozen=True)
class Look:
    """Cells that were begun together, for one run, to be evaluated on a test set."""

    id: str
    when: str  # ISO 8601, UTC
    data_sha256: str  # of the dataset
    run: str  # the name of its folder
    verb: Literal["run", "confirm"]
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    keys: tuple[str, ...]  # of its cells
    # Where choices are confirmed: what was known of each when it was looked.
    chosen: tuple[Mapping[str, Any], ...] = ()
    # Of the cells that were evaluated: key -> test error in percent, None where none was kept.
    errors: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def unseen(self) -> set[str]:
        """Keys of the cells of which no test error was seen: the look goes on with them."""
        return {*self.keys} - self.errors.keys()

    def document(self) -> dict[str, Any]:
        """As it is written when it begins: errors are told later, and never here."""
        document = asdict(self)
        del document["id"], document["errors"]
        return document


@dataclass(frozen=True)
class Looks:
    """Every look at one test set that is known beside a run, oldest first."""

    all: tuple[Look, ...] = ()

    def __len__(self) -> int:
        return len(self.all)

    @property
    def networks(self) -> int:
        """How many different cells have been evaluated. One that two runs have is one."""
        return len({key for look in self.all for key in look.errors})

    @property
    def begun(self) -> int:
        """How many more cells were begun, and not seen to have been evaluated."""
        return len({key for look in self.all for key in look.keys}) - self.networks

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of the runs for which was looked, the first in front."""
        return tuple(dict.fromkeys(look.run for look in self.all))

    @property
    def sentence(self) -> str:
        """How often was looked, at how many networks and for whom; empty where nobody did."""
        if not self.all:
            return ""
        often = "once" if len(self) == 1 else f"{len(self)} times"
        when = ("on " if len(self) == 1 else "last on ") + self.all[-1].when
        told = f"the test set was looked at {often} ({self._networks}, {self._runs}), {when}"
        return told if len(self) == 1 else f"{told}; {SELECTION}"

    @property
    def _networks(self) -> str:
        seen = "1 network" if self.networks == 1 else f"{self.networks} networks"
        return f"{seen} and {self.begun} more begun" if self.begun else seen

    @property
    def _runs(self) -> str:
        names = ", ".join(self.runs[:_MOST_NAMES])
        if len(self.runs) == 1:
            return f"for the run {names}"
        more = ", ..." if len(self.runs) > _MOST_NAMES else ""
        return f"for {len(self.runs)} runs: {names}{more}"

    def document(self) -> dict[str, Any]:
        """The counts, for programs."""
        return {
            "test_looks": len(self),
            "test_networks": self.networks,
            "test_runs": list(self.runs),
        }
