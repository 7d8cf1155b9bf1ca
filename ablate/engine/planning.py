"""A study -> every cell with its costs, before anything trains."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ablate.costs import Rates, price_cells, solve
from ablate.data import facts
from ablate.engine.calibrating import step_seconds
from ablate.records import Plan
from ablate.study import Matched, Study


def plan_study(
    study: Study,
    *,
    data_root: Path,
    cache: Path | None = None,
    rates: Rates | None = None,
    jobs: int | None = None,
    matched: Mapping[str, Matched] | None = None,
) -> Plan:
    """A study -> its plan: counted on the meta device, nothing trains.

    `rates` of a device predict training times; `cache` is a folder for counts, which `jobs`
    processes make (None: as many as pay off). A `match` is solved, step times on the device of
    `rates`; what it came to before, `matched`, stays. Raises SpecError, MissingDataError for
    `arrays` that are not there, and UsageError for a match of step times without `rates`.
    """
    known = facts(study.file.data, data_root)
    seconds_of = partial(step_seconds, device=rates.device, measured_for=1.0) if rates else None
    study = solve(study, known, cache=cache, seconds_of=seconds_of, known=matched)
    cells = price_cells(study.cells(known), known, cache=cache, rates=rates, jobs=jobs)
    images = study.file.data.evaluated_count(known)
    return Plan(study, cells, rates, images=images, dataset=known.fingerprint)
