"""`plan` and `preview`: what a study would train, and what that costs; nothing trains."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ablate.costs import Rates, price_cells, solve
from ablate.data import facts
from ablate.errors import UsageError
from ablate.machine import data_root, usable_cache
from ablate.measuring import rates_on, step_seconds
from ablate.records import Plan, RunFolder, matched_in
from ablate.sampling import Preview, look_at_space
from ablate.study import Matched, Study, load_study
from ablate.text import show
from ablate.workers import as_begun


def plan(
    study: Study | Mapping[str, Any] | str | Path,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
    folder: Path | None = None,
) -> Plan:
    """A study, the plain map of one, or its file -> every cell with its costs; nothing trains.

    `device` is measured for a moment, once per machine, to predict times; without one there are
    none. A GPU is measured by another process, and this one has no context on it unless a match is
    of step times. Counts are kept in `cache`, by default the user's. What a match came to in a
    run's `folder` stays, and what decides the steps of its path. Raises SpecError, MissingDataError
    for `arrays` that are not there, UsageError and MachineError for the device.
    """
    study, cache = as_study(study), cache or usable_cache()
    return plan_study(
        as_begun(study, RunFolder(folder)) if folder else study,
        data_root=data_root(data),
        cache=cache,
        rates=rates_on(device, cache),
        matched=matched_in(folder) if folder else None,
    )


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
    of_images = facts(study.file.data, data_root)
    seconds_of = partial(step_seconds, device=rates.device, measured_for=1.0) if rates else None
    study = solve(study, of_images, cache=cache, seconds_of=seconds_of, known=matched)
    cells = price_cells(study.cells(of_images), of_images, cache=cache, rates=rates, jobs=jobs)
    images = study.file.data.evaluated_count(of_images)
    return Plan(study, cells, rates, images=images, dataset=of_images.fingerprint)


def preview(
    study: Study | Mapping[str, Any] | str | Path,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
) -> Preview:
    """A search, its map or its file -> points of its space with their costs; nothing trains.

    Arguments and errors are those of `plan`; ValueError for a study that is no search.
    """
    study, cache = as_study(study), cache or usable_cache()
    return look_at_space(
        study, data_root=data_root(data), cache=cache, rates=rates_on(device, cache)
    )


def as_study(study: Study | Mapping[str, Any] | str | Path) -> Study:
    """A study, the plain map of one, or its file -> the study. Raises SpecError, UsageError."""
    if isinstance(study, Study):
        return study
    if not isinstance(study, Mapping | str | Path):
        raise UsageError(f"study: must be a study, its file, or a map of it, got {show(study)}")
    return load_study(study)
