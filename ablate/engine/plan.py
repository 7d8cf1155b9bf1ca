"""`plan` and `preview`: what a study would train, and what that costs; nothing trains."""

from __future__ import annotations

from pathlib import Path

from ablate.engine.calibrating import rates_on
from ablate.engine.planning import plan_study
from ablate.machine import data_root, usable_cache
from ablate.records import Plan, matched_in
from ablate.sampling import Preview, look_at_space
from ablate.study import Study, load_study


def plan(
    study: Study | str | Path,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
    folder: Path | None = None,
) -> Plan:
    """A study, or its file -> every cell with its costs; nothing trains.

    `device` is measured for a moment, once per machine, to predict times; without one there are
    none. A GPU is measured by another process, and this one has no context on it unless a match is
    of step times. Counts are kept in `cache`, by default the user's. What a match came to in a
    run's `folder` stays. Raises SpecError, MissingDataError for `arrays` that are not there,
    UsageError and MachineError for the device.
    """
    study, cache = as_study(study), cache or usable_cache()
    return plan_study(
        study,
        data_root=data_root(data),
        cache=cache,
        rates=rates_on(device, cache),
        matched=matched_in(folder) if folder else None,
    )


def preview(
    study: Study | str | Path,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
) -> Preview:
    """A search, or its file -> points of its space with their costs; nothing trains.

    Arguments and errors are those of `plan`; ValueError for a study that is no search.
    """
    study, cache = as_study(study), cache or usable_cache()
    return look_at_space(
        study, data_root=data_root(data), cache=cache, rates=rates_on(device, cache)
    )


def as_study(study: Study | str | Path) -> Study:
    """A study, or its file -> the study. Raises SpecError."""
    return study if isinstance(study, Study) else load_study(study)
