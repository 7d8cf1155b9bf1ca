"""`export`: a cell of a run folder -> a folder that works elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.export.card import Card
from ablate.export.folder import export_cell

if TYPE_CHECKING:
    import pandas as pd

    from ablate.records import RunFolder


def taken(folder: str | Path, which: str, *, where: str | Sequence[str] = ()) -> str:
    """What `export` takes, as a line: cell, settings, mean error, parameters, how it was chosen.

    Arguments and errors are those of `choose`.
    """
    from ablate import analysis
    from ablate.text import count, error_text

    table = analysis.trained(folder)
    choice, how = analysis.choose(table, which, analysis.several(where))
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
    from ablate.records import open_folder
    from ablate.text import error_text

    table = analysis.trained(folder)
    choice, how = analysis.choose(table, which, analysis.several(where))
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
    from ablate.records import newest_by_cell
    from ablate.text import duration

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
    from ablate.records import looks
    from ablate.text import error_text

    found = next((c for c in table.attrs.get("chosen", ()) if c["variant"] == variant), None)
    if found is None:
        return ""
    error = error_text(found["error"], found["low"], found["high"], len(found["keys"]))
    return (
        f"{found['how']}, then {error} %. Trained again on all training images with fresh seeds. "
        f"Looks at the test set for that choice and others of its run: {len(looks(folder))}."
    )
