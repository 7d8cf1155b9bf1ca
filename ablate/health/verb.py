"""`doctor`: everything that is looked at, in one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.health.checks import Check, State, worst
from ablate.health.examining import examine
from ablate.text import Sheet, Shown

if TYPE_CHECKING:
    from ablate.study import Study


@dataclass(frozen=True)
class Examination(Shown):
    """What was looked at, and what came of it."""

    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        """Of what is in the worst: ok, warning or error."""
        return worst(self.checks)

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        heads = ["state", "what", "found", "mend"]
        rows = [[check.state, check.name, check.message, check.mend] for check in self.checks]
        yield Sheet((heads, rows), "", words=heads)

    def document(self) -> dict[str, Any]:
        """A plain map, for programs."""
        return {"state": self.state, "checks": [asdict(check) for check in self.checks]}


def doctor(
    study: Study | Mapping[str, Any] | str | Path | None = None,
    *,
    runs: str | Path = "runs",
    data: str | Path | None = None,
) -> Examination:
    """What is wrong with this machine, each with its mend; nothing is made or changed.

    Packages, torch, devices, folders, limits, and the images of a `study`, or of its map or file.
    Raises SpecError and UsageError for that.
    """
    from ablate.study import Study, load_study

    checked = study if study is None or isinstance(study, Study) else load_study(study)
    return Examination(tuple(examine(checked, runs=runs, data=data)))
