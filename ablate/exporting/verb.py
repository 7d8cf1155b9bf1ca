"""`export`: a cell of a run folder -> a folder that works elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.cells import added_seeds_note
from ablate.exporting.card import Card
from ablate.exporting.folder import export_cell
from ablate.text import count, duration, error_text, point_text, several

if TYPE_CHECKING:
    from ablate.analysis import Choice, Results
    from ablate.records import Snapshot


@dataclass(frozen=True)
class Taken:
    """What `export` takes of a run, and of which moment of it."""

    run: Snapshot
    results: Results
    choice: Choice
    which: str  # as it was asked for
    how: str  # it was chosen
    where: tuple[str, ...]

    @property
    def key(self) -> str:
        """Of the cell."""
        return self.choice.keys[0]

    @property
    def trial(self) -> object:
        """The number of the suggestion, in a search."""
        cells = self.results.cells
        return cells.loc[cells["key"] == self.key, "trial"].iloc[0]

    @property
    def line(self) -> str:
        """Cell, settings, mean error, parameters, how it was chosen and with how much luck."""
        cells = self.results.cells
        row = cells[cells["key"] == self.key].iloc[0]
        name = f"trial {self.trial}" if self.results.is_search else self.choice.variant
        point = point_text(f"{name} ({self.key[:8]})", self.choice.sweep)
        numbers, params = self.choice.numbers, count(row["params"])
        about = f"{numbers} % {row['split']} error, {params} parameters"
        return f"{point}: {about}. {self.how}. {self.choice.luck}".rstrip()


def taken(folder: str | Path, which: str, *, where: str | Sequence[str] = ()) -> Taken:
    """What `export` takes. Arguments and errors are those of `choose`."""
    from ablate import analysis
    from ablate.records import snapshot

    run, conditions = snapshot(folder), several(where)
    results = analysis.results_of(run)
    choice, how = analysis.choose(results, which, conditions)
    return Taken(run, results, choice, which, how, tuple(conditions))


def export(
    folder: str | Path | Taken,
    which: str = "",
    out: str | Path | None = None,
    *,
    where: str | Sequence[str] = (),
    onnx: bool = False,
    program: bool = False,
    torchvision: bool = False,
) -> Path:
    """A cell of a run folder -> a folder that works elsewhere, checked. Returns that folder.

    `which` and `where` are as in `choose`, or both are in what was `taken`; `out` defaults to
    `exports/<run>-<which>`. What was chosen under conditions is no longer told by `which`: its
    folder ends in trial or key. `onnx`, `program` (of `torch.export`) and `torchvision` (a state
    dict for its network, where it has this one) are other formats that it is written in too, each
    run and compared. Raises what `export_cell` does.
    """
    cell = folder if isinstance(folder, Taken) else taken(folder, which, where=where)
    key, choice, head = cell.key, cell.choice, cell.results.head
    seed = "; its first seed" if len(choice.keys) > 1 and not key.startswith(cell.which) else ""
    path = cell.run.folder.path.resolve()
    title = f"{path.parent.name}-{path.name}" if head.chosen else path.name
    slug = "".join(c if c.isalnum() or c in "-_" else "-" for c in cell.which)
    if cell.where:
        slug = f"trial-{cell.trial}" if cell.results.is_search else key[:8]
    how = f"{cell.how}{seed}. {choice.luck}".rstrip()
    card = Card(
        study=title,
        question=head.question,
        label=choice.label,
        numbers=choice.numbers,
        expected=str(choice.expected or ""),
        how_chosen=f"{_before_the_test(cell) or how}{_looks(cell)}",
        seeds=added_seeds_note(head.extensions),
        times=_times(cell),
    )
    target = Path(out) if out else Path("exports") / f"{title}-{slug}"
    asked = {"onnx": onnx, "program": program, "torchvision": torchvision}
    formats = [name for name, wanted in asked.items() if wanted]
    return export_cell(cell.run.folder.cell(key).path, key, target, card, formats=formats)


def _times(cell: Taken) -> str:
    """What was measured of a cell's network, for its card; empty where nothing was."""
    from ablate.records import newest_by_cell

    row = newest_by_cell(cell.run).get(cell.key)
    if row is None:
        return ""
    threads = f", {row.threads} threads" if row.device.startswith("cpu") else ""
    return (
        f"latency of one image {duration(row.latency_seconds)}, a step of {row.batch_size} images "
        f"{duration(row.step_seconds)} ({row.implementation}, {row.precision}, "
        f"{row.device}{threads}, torch {row.torch}, median of n={row.n})"
    )


def _before_the_test(cell: Taken) -> str:
    """How a confirmed network was chosen, for its card; empty for any other."""
    of_variant = (c for c in cell.results.head.chosen if c["variant"] == cell.choice.variant)
    chosen = next(of_variant, None)
    if chosen is None:
        return ""
    error = error_text(chosen["error"], chosen["low"], chosen["high"], len(chosen["keys"]))
    how = f"{chosen['how']}, then {error} %"
    return f"{how}. Trained again on all training images with fresh seeds."


def _looks(cell: Taken) -> str:
    """How often the test set was looked at that the errors are of; empty for held-out images."""
    from ablate.ledger import looks

    cells = cell.results.cells
    own = cells[cells["key"] == cell.key].iloc[0]
    if own["split"] != "test":
        return ""
    sentence = looks(cell.run.folder, [own["data_sha256"]]).sentence
    return f" {sentence[0].upper()}{sentence[1:]}." if sentence else ""
