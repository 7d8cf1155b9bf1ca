"""Runs whose errors tell how much those of a planned study will vary over seeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.analysis.points import is_done
from ablate.analysis.results import Results, trained
from ablate.cells import Data
from ablate.errors import RunFolderError

if TYPE_CHECKING:
    from ablate.records import Plan


def runs_alike(plan: Plan, runs: str | Path) -> Iterator[tuple[Path, Results]]:
    """A plan and a folder of runs -> those with done cells that are trained as the plan's are.

    That is on the same images, treated alike, for as many epochs as some cell of the plan; the
    results are of such cells alone. A search is none, as its cells have one seed each. What cannot
    be read is passed over: no run depends on it.
    """
    from ablate.records import RunFolder, read_plan

    data, epochs = plan.study.file.data, {cell.epochs for cell in plan.cells}
    for path in sorted(Path(runs).glob("*/plan.json")):
        try:
            document = read_plan(RunFolder(path.parent))
            cells = [each for each in document["cells"] if each["epochs"] in epochs]
            is_alike = document.get("dataset", "") == plan.dataset and _data_of(cells) == data
            if document.get("objectives") or not is_alike:
                continue
            results = trained(path.parent)
        except (KeyError, RunFolderError):
            continue
        keys = {cell["key"] for cell in cells}
        yield (
            path.parent,
            results.of(results.cells[is_done(results.cells) & results.cells["key"].isin(keys)]),
        )


def _data_of(cells: list[dict[str, Any]]) -> Data | None:
    """What the cells of a run see; None where there is none, or where it is no longer known."""
    try:
        return Data.model_validate(cells[0]["cell"]["data"]) if cells else None
    except ValueError:
        return None
