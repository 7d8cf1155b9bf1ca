"""`confirm`: the chosen of a run, trained again, and one look at the test set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.engine.calibrating import rates_on
from ablate.errors import UsageError
from ablate.machine import default_devices, leave_if_unguarded, usable_cache
from ablate.text import several

if TYPE_CHECKING:
    from ablate.analysis import Results
    from ablate.engine.confirming import Chosen, Confirmation
    from ablate.engine.packing import PerDevice
    from ablate.records import Summary
    from ablate.training import Execution


def confirmation(
    folder: str | Path,
    which: str | Sequence[str] = (),
    *,
    where: str | Sequence[str] = (),
    seeds: int = 3,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
) -> Confirmation:
    """A run folder -> what `confirm` would train for it, with its costs; nothing trains.

    `which` and `where` are as in `choose`; without `which` the best and the knee of a search, the
    best and the baseline of a fixed design. Raises UsageError, HolesError, RunFolderError.
    """
    from ablate import analysis, engine, records
    from ablate.machine import data_root

    run = records.snapshot(folder)
    results = analysis.results_of(run)
    if "test" in analysis.split_of(results.cells):
        raise UsageError(f"{folder}: its errors are of the test set already: nothing to confirm")
    second = "knee" if results.is_search else results.head.baseline
    asked, cache = several(which) or ("best", second), cache or usable_cache()
    found = engine.plan_confirmation(
        run,
        [_chosen(results, name, several(where)) for name in dict.fromkeys(asked)],
        seeds=seeds,
        data_root=data_root(data),
        cache=cache,
        rates=rates_on(device, cache),
    )
    open_cells = int(results.cells["state"].isin(["waiting", "running", "failed"]).sum())
    more = (f"{open_cells} cells of the run are not finished, so the choice may change",)
    return replace(found, notes=(*found.notes, *more)) if open_cells else found


def _chosen(results: Results, which: str, where: Sequence[str]) -> Chosen:
    from ablate import analysis
    from ablate.engine.confirming import Chosen

    choice, how = analysis.choose(results, which, where)
    key = choice.keys[0]
    trial = results.cells[results.cells["key"] == key]["trial"].iloc[0]
    # A name that stays the same whatever else is chosen later.
    name = f"trial-{trial}" if results.is_search else choice.name
    way = "baseline" if which == results.head.baseline else which
    # The key says what the name does not.
    if key.startswith(which) or (results.is_search and which == name):
        way = key[:8]
    return Chosen(
        variant=name,
        chosen_as=(way,),
        how=how,
        source=choice.variant,
        sweep=choice.sweep,
        keys=choice.keys,
        error=choice.error,
        low=choice.low,
        high=choice.high,
    )


def confirm(
    folder: str | Path | Confirmation,
    which: str | Sequence[str] = (),
    *,
    where: str | Sequence[str] = (),
    seeds: int = 3,
    data: str | Path | None = None,
    jobs: int | None = None,
    devices: Sequence[str] | None = None,
    per_device: PerDevice = None,
    execution: Execution | None = None,
    retry: Collection[str] = (),
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Summary:
    """Train what was chosen in a run again, on all training images, and look at the test set once.

    It becomes a run folder of its own, `confirm` in that of the run. Again: it goes on, or does
    nothing. Arguments are those of `confirmation` and `run`; with a Confirmation the first three
    are in it. Raises as both do.
    """
    leave_if_unguarded()
    from ablate import engine
    from ablate.machine import data_root

    devices = devices or default_devices()
    asked = folder
    if isinstance(asked, str | Path):
        asked = confirmation(asked, which, where=where, seeds=seeds, data=data, device=devices[0])
    return engine.train_confirmation(
        asked,
        data_root=data_root(data),
        execution=execution,
        devices=devices,
        jobs=jobs,
        per_device=per_device,
        retry=retry,
        cache=usable_cache(),
        on_event=on_event,
    )
