"""What a run folder holds: tables, figures, the network to take elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.api.measuring import measurements
from ablate.errors import DamagedCell, HolesError, UsageError
from ablate.spec import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from ablate.search import RunFolder


_MEASURED = [name for name, metric in METRICS.items() if metric.source == "measured"]


def results(folder: str | Path) -> pd.DataFrame:
    """A run folder -> a row per cell; of a measure study a row per network and implementation.

    `attrs` has the study's head: baseline, subject, sweep_keys.
    """
    from ablate.analysis import frame
    from ablate.measuring import newest_by_cell
    from ablate.search import RunFolder, rows

    if RunFolder(Path(folder)).is_measured_alone:
        return measurements(folder)
    records, head = rows(folder)
    measured = newest_by_cell(RunFolder(Path(folder)))
    records = [
        record | {name: getattr(measured.get(record["key"]), name, None) for name in _MEASURED}
        for record in records
    ]
    table = frame(records, head["sweep_keys"], head.get("matched_keys", ()))
    table.attrs = {key: value for key, value in head.items() if key != "cells"}
    return table


def trained(folder: str | Path) -> pd.DataFrame:
    """`results()` of a run that trains. Raises RunFolderError for one of a measure study."""
    from ablate.search import open_folder

    open_folder(folder)
    return results(folder)


def compare(
    folder: str | Path, *, everything: bool = False, published: bool = False
) -> pd.DataFrame:
    """A run folder -> a row per variant and sweep point: means, intervals, paired differences.

    Of a search its Pareto front over the objectives, or its best cells by the only one; with
    `everything` each of its cells. Of a fixed design all rows are there anyway. With `published`
    also what a paper printed of each row's network, see `analysis.beside_published`.
    """
    from ablate import analysis

    table = trained(folder)
    if analysis.is_search(table):
        found = analysis.shortlist(table, everything)
    else:
        found = analysis.compare_design(table)
    if published:
        found = analysis.beside_published(found, table)
    found.attrs["images"] = table.attrs.get("images", 0)
    found.attrs["images_note"] = analysis.images_note(table)
    found.attrs["data_notes"] = analysis.data_notes(table)
    return found


def equal_error(folder: str | Path, *, cost: str = "params") -> pd.DataFrame:
    """A run folder -> a row per variant: its cost over the baseline's at equal error.

    Columns and errors are those of `analysis.equal_error`.
    """
    from ablate import analysis

    table = trained(folder)
    return analysis.equal_error(table, table.attrs["baseline"], cost)


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
    folder: str | Path,
    figure: str | None = None,
    *,
    out: str | Path | None = None,
    **options: str,
) -> Iterator[tuple[str, list[Path]]]:
    """A run folder -> a figure, or without a name all that it has and that take these `options`.

    Yields the name and the files of each as it is drawn. Options, `out` and errors are those of
    `ablate.report.plot`; a DamagedCell is raised when the figures that do not show it are drawn.
    """
    from ablate import analysis, report
    from ablate.api.answers import reader

    folder, table, out = Path(folder), results(folder), Path(out) if out else None
    if out and not figure and report.is_figure_file(out):
        raise UsageError(f"--out: is one file; name the figure that is to be in {out}")
    names = [figure] if figure else report.figures_of(folder, table, options)
    if not names:
        taken = " and ".join(f"--{name}" for name in options)
        raise UsageError(f"no figure of this run takes {taken}")
    damage: DamagedCell | None = None
    for name in names:
        given: dict[str, Any] = dict(options)
        if name == "effects" and analysis.is_search(table):
            given["importances"] = importances(folder)
        if name == "confusion" and figure:  # asked for: worth computing where nothing was kept
            given["read"] = reader(folder)
        try:
            files = report.plot(name, folder, table, table.attrs["subject"], out, **given)
        except DamagedCell as error:
            damage = damage or error
        else:
            yield name, files
    if damage is not None:
        raise damage


def choose(table: pd.DataFrame, which: str, where: str | Sequence[str] = ()) -> tuple[str, str]:
    """(cell key, how it was chosen) for best, knee, a variant, `trial-7`, or a key's beginning.

    `where` holds conditions that a point must meet: `params <= 0.5M`. Among the seeds of a chosen
    point it is the first, so that no seed is picked for its luck. Raises UsageError, and HolesError
    where nothing is done.
    """
    from ablate import analysis

    choice, how = analysis.choose(table, which, several(where))
    return choice.keys[0], how


def taken(folder: str | Path, which: str, *, where: str | Sequence[str] = ()) -> str:
    """What `export` takes, as a line: cell, settings, mean error, parameters, how it was chosen.

    Arguments and errors are those of `choose`.
    """
    from ablate import analysis
    from ablate.report import count, error_text

    table = trained(folder)
    choice, how = analysis.choose(table, which, several(where))
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

    table = trained(folder)
    choice, how = analysis.choose(table, which, several(where))
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
        times=_times(run_folder, key),
    )
    target = Path(out) if out else Path("exports") / f"{title}-{slug}"
    return export_cell(run_folder.cell(key).path, key, target, card, onnx=onnx)


def _times(folder: RunFolder, key: str) -> str:
    """What was measured of a cell's network, for its card; empty where nothing was."""
    from ablate.measuring import newest_by_cell
    from ablate.report import duration

    row = newest_by_cell(folder).get(key)
    if row is None:
        return ""
    threads = f", {row.threads} threads" if row.device.startswith("cpu") else ""
    return (
        f"latency of one image {duration(row.latency_seconds)}, a step of {row.batch_size} images "
        f"{duration(row.step_seconds)} ({row.implementation}, {row.precision}, "
        f"{row.device}{threads}, torch {row.torch}, median of n={row.n})"
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


def several(texts: str | Sequence[str]) -> Sequence[str]:
    """One text, or more -> a list: a text is a sequence of texts too, which nobody means."""
    return [texts] if isinstance(texts, str) else texts
