"""The verbs as functions: what the command line calls and what scripts may call."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.errors import HolesError, UsageError
from ablate.spec import Study, load_study

if TYPE_CHECKING:
    import pandas as pd

    from ablate.costs import Rates
    from ablate.search import Chosen, Confirmation, Plan, Preview, RunFolder, Summary
    from ablate.training import Execution


def cache_root(environment: Mapping[str, str] | None = None) -> Path:
    """Where counts are kept: the variable ABLATE_CACHE, else a folder of the user's."""
    environment = os.environ if environment is None else environment
    if chosen := environment.get("ABLATE_CACHE"):
        return Path(chosen).expanduser()
    shared = environment.get("XDG_CACHE_HOME")
    return (Path(shared) if shared else Path.home() / ".cache") / "ablate"


def run_path(study: Study, runs: str | Path = "runs", name: str | None = None) -> Path:
    """The run folder of a study: `runs/<name>[@<profile>]`, or `runs/<name>` as asked for."""
    if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_@.-]*", name):
        raise UsageError(f"--as: must be a folder name of letters, digits and -_@., got {name!r}")
    return Path(runs) / (name or study.title)


def load_for_run(
    source: str | Path, *, profile: str = "", sets: Sequence[str] = (), name: str | None = None
) -> Study:
    """A study to be run under a folder name.

    Raises UsageError where `sets` change its cells and no `name` was given: the folder named after
    the file would hold something else than the file says.
    """
    study = load_study(source, profile=profile, sets=sets)
    if sets and name is None:
        bare = load_study(source, profile=profile)
        if bare.trains() != study.trains():
            raise UsageError("--set changes the cells of the study: name its folder with --as NAME")
    return study


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
    none. Counts are kept in `cache`, by default the user's. What a match came to in a run's
    `folder` stays. Raises SpecError, MissingDataError for `arrays` that are not there, UsageError
    and MachineError for the device.
    """
    from ablate import search
    from ablate.data import data_root

    study = study if isinstance(study, Study) else load_study(study)
    cache = cache or cache_root()
    return search.plan(
        study,
        data_root=data_root(data),
        cache=cache,
        rates=_rates(device, cache),
        matched=search.matched_in(folder) if folder else None,
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
    from ablate import search
    from ablate.data import data_root

    study = study if isinstance(study, Study) else load_study(study)
    cache = cache or cache_root()
    return search.preview(
        study, data_root=data_root(data), cache=cache, rates=_rates(device, cache)
    )


def _rates(device: str | None, cache: Path) -> Rates | None:
    """What predicts times on a device; None without one."""
    from ablate.costs import calibrate
    from ablate.training import check_device

    if not device:
        return None
    check_device(device)
    return calibrate(device, cache=cache)


def run(
    study: Study | Plan | str | Path,
    *,
    runs: str | Path = "runs",
    name: str | None = None,
    data: str | Path | None = None,
    download: bool = False,
    jobs: int | None = None,
    devices: Sequence[str] | None = None,
    execution: Execution | None = None,
    retry: Collection[str] = (),
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Summary:
    """Train what is missing of a study, its plan or its file -> how it stands now.

    Again: it goes on, or does nothing.

    `devices` defaults to every GPU, else the CPU; `jobs` to one worker per GPU or CPU core. A
    script that calls this needs the usual `if __name__ == "__main__":`, as workers are spawned.
    Raises UsageError, MissingDataError, MachineError, RunFolderError, Stopped.
    """
    from ablate import __version__, search
    from ablate.data import data_root

    devices = devices or default_devices()
    planned = study
    if isinstance(planned, Study | str | Path):
        planned = planned if isinstance(planned, Study) else load_study(planned)
        folder = run_path(planned, runs, name)
        planned = plan(planned, data=data, device=devices[0], folder=folder)
    folder, root, cache = run_path(planned.study, runs, name), data_root(data), cache_root()

    def train(planned: Plan, retry: Collection[str]) -> Summary:
        return search.run(
            planned,
            folder,
            data_root=root,
            download=download,
            execution=execution,
            devices=devices,
            jobs=jobs,
            retry=retry,
            version=__version__,
            cache=cache,
            on_event=on_event,
        )

    if planned.is_open:
        return search.run_rounds(planned, folder, train, data_root=root, cache=cache, retry=retry)
    return train(planned, retry)


def default_devices() -> list[str]:
    """Every GPU of this machine, else the CPU."""
    import torch

    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]


def results(folder: str | Path) -> pd.DataFrame:
    """A run folder -> a row per cell.

    `attrs` has the study's head: baseline, subject, sweep_keys.
    """
    from ablate.analysis import frame
    from ablate.search import rows

    records, head = rows(folder)
    table = frame(records, head["sweep_keys"], head.get("matched_keys", ()))
    table.attrs = {key: value for key, value in head.items() if key != "cells"}
    return table


def compare(folder: str | Path, *, everything: bool = False) -> pd.DataFrame:
    """A run folder -> a row per variant and sweep point: means, intervals, paired differences.

    Of a search its Pareto front over the objectives, or its best cells by the only one; with
    `everything` each of its cells. Of a fixed design all rows are there anyway.
    """
    from ablate import analysis

    table = results(folder)
    if analysis.is_search(table):
        return analysis.shortlist(table, everything)
    return analysis.compare_design(table)


def importances(folder: str | Path) -> pd.DataFrame:
    """A search's run folder -> how much each knob decides, the highest first.

    Columns: knob; importance, a share of all knobs'; low and high, its range over resamples; n
    cells. `attrs` has a `note` on how they came about and a `warning` where they are too few.
    Raises UsageError for a fixed design, HolesError for fewer than two cells.
    """
    import pandas as pd

    from ablate import search

    rated = search.rated_cells(folder)
    if len(rated.points) < 2:
        raise HolesError(
            f"importances need at least 2 cells that are done, got {len(rated.points)}"
        )
    if not rated.distributions:
        raise UsageError("importances: are of searches; this run is a fixed design")
    rows = search.importances(rated.points, rated.values, rated.distributions)
    table = pd.DataFrame(rows, columns=["knob", "importance", "low", "high"])
    table["n"] = len(rated.points)
    table.attrs = {"note": rated.note, "warning": rated.warning}
    return table


def plot(
    folder: str | Path, figure: str | None = None, **options: str
) -> Iterator[tuple[str, list[Path]]]:
    """A run folder -> a figure, or without a name all that it has and that take these `options`.

    Yields the name and the files of each as it is drawn. Options and errors are those of
    `ablate.report.plot`.
    """
    from ablate import analysis, report

    folder, table = Path(folder), results(folder)
    names = [figure] if figure else report.figures_of(folder, table, options)
    if not names:
        taken = " and ".join(f"--{name}" for name in options)
        raise UsageError(f"no figure of this run takes {taken}")
    for name in names:
        given: dict[str, Any] = dict(options)
        if name == "effects" and analysis.is_search(table):
            given["importances"] = importances(folder)
        yield name, report.plot(name, folder, table, table.attrs["subject"], **given)


def choose(table: pd.DataFrame, which: str, where: str | Sequence[str] = ()) -> tuple[str, str]:
    """(cell key, how it was chosen) for best, knee, a variant, `trial-7`, or a key's beginning.

    `where` holds conditions that a point must meet: `params <= 0.5M`. Among the seeds of a chosen
    point it is the first, so that no seed is picked for its luck. Raises UsageError, and HolesError
    where nothing is done.
    """
    from ablate import analysis

    choice, how = analysis.choose(table, which, _several(where))
    return choice.keys[0], how


def _several(texts: str | Sequence[str]) -> Sequence[str]:
    """One text, or more -> a list: a text is a sequence of texts too, which nobody means."""
    return [texts] if isinstance(texts, str) else texts


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
    from ablate import analysis, search
    from ablate.data import data_root

    table = results(folder)
    if "test" in analysis.split_of(table):
        raise UsageError(f"{folder}: its errors are of the test set already: nothing to confirm")
    second = "knee" if analysis.is_search(table) else table.attrs["baseline"]
    asked, cache = _several(which) or ("best", second), cache or cache_root()
    found = search.plan_confirmation(
        search.open_folder(folder),
        [_chosen(table, name, _several(where)) for name in dict.fromkeys(asked)],
        seeds=seeds,
        data_root=data_root(data),
        cache=cache,
        rates=_rates(device, cache),
    )
    open_cells = int(table["state"].isin(["waiting", "running", "failed"]).sum())
    more = (f"{open_cells} cells of the run are not finished, so the choice may change",)
    return replace(found, notes=(*found.notes, *more)) if open_cells else found


def _chosen(table: pd.DataFrame, which: str, where: Sequence[str]) -> Chosen:
    from ablate import analysis
    from ablate.search import Chosen

    choice, how = analysis.choose(table, which, where)
    key = choice.keys[0]
    trial = table[table["key"] == key]["trial"].iloc[0]
    # A name that stays the same whatever else is chosen later.
    searched = analysis.is_search(table)
    name = f"trial-{trial}" if searched else choice.name
    way = "baseline" if which == table.attrs["baseline"] else which
    if key.startswith(which) or (searched and which == name):  # the key says what the name does not
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


def _before_the_test(folder: RunFolder, table: pd.DataFrame, variant: str) -> str:
    """How a confirmed network was chosen, for its card; empty for any other."""
    from ablate.report import error_text
    from ablate.search import looks

    found = next((c for c in table.attrs.get("chosen", ()) if c["variant"] == variant), None)
    if found is None:
        return ""
    error = error_text(found["error"], found["low"], found["high"], len(found["keys"]))
    return (
        f"{found['how']}, then {error} %. Trained again on all training images with fresh seeds. "
        f"Looks at the test set for that choice and others of its run: {len(looks(folder))}."
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
    execution: Execution | None = None,
    retry: Collection[str] = (),
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Summary:
    """Train what was chosen in a run again, on all training images, and look at the test set once.

    It becomes a run folder of its own, `confirm` in that of the run. Again: it goes on, or does
    nothing. Arguments are those of `confirmation` and `run`; with a Confirmation the first three
    are in it. Raises as both do.
    """
    from ablate import __version__, search
    from ablate.data import data_root

    devices = devices or default_devices()
    asked = folder
    if isinstance(asked, str | Path):
        asked = confirmation(asked, which, where=where, seeds=seeds, data=data, device=devices[0])
    return search.confirm(
        asked,
        data_root=data_root(data),
        execution=execution,
        devices=devices,
        jobs=jobs,
        retry=retry,
        version=__version__,
        cache=cache_root(),
        on_event=on_event,
    )


def taken(folder: str | Path, which: str, *, where: str | Sequence[str] = ()) -> str:
    """What `export` takes, as a line: cell, settings, mean error, parameters, how it was chosen.

    Arguments and errors are those of `choose`.
    """
    from ablate import analysis
    from ablate.report import count, error_text

    table = results(folder)
    choice, how = analysis.choose(table, which, _several(where))
    row = table[table["key"] == choice.keys[0]].iloc[0]
    name = f"trial {row['trial']}" if analysis.is_search(table) else choice.variant
    point = analysis.point_text(f"{name} ({choice.keys[0][:8]})", choice.sweep)
    error = error_text(choice.error, choice.low, choice.high, len(choice.keys))
    return f"{point}: {error} % {row['split']} error, {count(row['params'])} parameters. {how}."


def export(
    folder: str | Path,
    which: str,
    out: str | Path | None = None,
    *,
    where: str | Sequence[str] = (),
    onnx: bool = False,
) -> Path:
    """A cell of a run folder -> a folder that works elsewhere, checked. Returns that folder.

    `which` and `where` are as in `choose`; `out` defaults to `exports/<run>-<which>`. What was
    chosen under conditions is no longer told by `which`: its folder ends in trial or key.
    """
    from ablate import analysis
    from ablate.export import Card, export_cell
    from ablate.report import error_text
    from ablate.search import open_folder

    table = results(folder)
    choice, how = analysis.choose(table, which, _several(where))
    key, run_folder = choice.keys[0], open_folder(folder)
    seed = "; its first seed" if len(choice.keys) > 1 and not key.startswith(which) else ""
    path = run_folder.path.resolve()
    title = f"{path.parent.name}-{path.name}" if "chosen" in table.attrs else path.name
    slug = "".join(c if c.isalnum() or c in "-_" else "-" for c in which)
    if where:
        trial = table.loc[table["key"] == key, "trial"].iloc[0]
        slug = f"trial-{trial}" if analysis.is_search(table) else key[:8]
    card = Card(
        study=title,
        question=table.attrs["question"],
        label=choice.label,
        numbers=error_text(choice.error, choice.low, choice.high, len(choice.keys)),
        how_chosen=_before_the_test(run_folder, table, choice.variant) or f"{how}{seed}.",
    )
    target = Path(out) if out else Path("exports") / f"{title}-{slug}"
    return export_cell(run_folder.cell(key).path, target, card, onnx=onnx)
