"""A run folder, read once: what a page and the end of a run tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ablate import claims, figures
from ablate.analysis import Results, holes_text, plain_rows, results_of, split_of
from ablate.errors import AblateError
from ablate.figures import Drawn
from ablate.ledger import looks
from ablate.page.about import number, recipe_and_data, spent
from ablate.records import Snapshot, Summary, search_line, seconds_left, snapshot, summary
from ablate.tables import compare_sheets, confirmed_sheets
from ablate.text import Sheet, duration, error_text


@dataclass(frozen=True)
class Told:
    """A run that trains, as it was at one moment; nothing of it is computed twice."""

    run: Snapshot
    results: Results

    @classmethod
    def of(cls, folder: str | Path) -> Told:
        """A run folder, read. Raises RunFolderError."""
        run = snapshot(folder)
        return cls(run, results_of(run))

    @property
    def folder(self) -> Path:
        return self.run.folder.path

    @cached_property
    def name(self) -> str:
        """Of the run folder; of a confirmation also that of its run."""
        path = self.folder.resolve()
        return f"{path.parent.name}/{path.name}" if self.run.folder.confirms else path.name

    @property
    def place(self) -> Path:
        """Its folder from where that of all runs is, `runs/NAME`, and no path of the machine."""
        above = 3 if self.run.folder.confirms else 2
        return Path(*self.folder.resolve().parts[-above:])

    @property
    def question(self) -> str:
        return self.results.head.question

    @property
    def done(self) -> int:
        """Cells that are done."""
        return int(self.summary.states.get("done", 0))

    @cached_property
    def summary(self) -> Summary:
        return summary(self.run)

    @cached_property
    def comparison(self) -> claims.Comparison:
        """Of a run that has done cells."""
        return claims.comparison(self.results)

    @cached_property
    def confirmed(self) -> claims.Confirmed | None:
        """Of a confirmation that has done cells: what was predicted, and what was seen."""
        return claims.confirmed(self.results) if self.results.head.chosen and self.done else None

    @cached_property
    def drawings(self) -> dict[str, Drawn | AblateError]:
        """Every figure of the run, or why it cannot be drawn; none where nothing is done."""
        if not self.done:
            return {}
        run = figures.run_of(self.run, self.results)
        return {name: _drawn(name, run) for name in figures.figures_of(run)}

    @property
    def standing(self) -> str:
        """How many cells are done, and what the others are."""
        others = [f"{n} {state}" for state, n in self.summary.states.items() if state != "done"]
        total = self.summary.total
        told = f"{self.done} of {number(total, 'cell')} {'is' if total == 1 else 'are'} done"
        return f"{told}, {', '.join(others)}" if others else told

    @cached_property
    def answer(self) -> str:
        """One sentence, with its certainty; where nothing answers, what can be said."""
        if not self.done:
            states = holes_text(self.results.cells["state"])
            return f"Not known yet: no cell is done ({states or 'none was begun'})."
        compared = self.confirmed or self.comparison
        return compared.answer or self._alone

    @property
    def _alone(self) -> str:
        """Where nothing can be set against anything: the error of the one point that is done."""
        rows = [row for row in plain_rows(self.comparison.rows) if row["error"] is not None]
        if len(rows) != 1:
            return "Nothing is set against anything else; the table has the errors."
        numbers = error_text(*(rows[0][name] for name in ("error", "low", "high", "n")))
        return (
            f"{rows[0]['variant']} has a {split_of(self.results.cells)} error of {numbers} %, with "
            "nothing done to set it against."
        )

    @property
    def notes(self) -> list[str]:
        """What is to be known of the answer beside its table."""
        cells = self.results.cells
        if not cells["split"].eq("test").any():
            return []
        return [sentence(looks(self.run.folder, set(cells["data_sha256"].dropna())).sentence)]

    @property
    def sheets(self) -> list[Sheet]:
        """Tables: what it confirms, if it does, and its comparison; none where nothing is done."""
        predicted = confirmed_sheets(self.confirmed) if self.confirmed else []
        return [*predicted, *compare_sheets(self.comparison)] if self.done else []

    @property
    def failures(self) -> Mapping[str, list[str]]:
        """In which state cells are that are not done, and why -> their labels.

        Of a cell that lost files the numbers may still be there: whoever keeps runs without weights
        has them all.
        """
        lost = dict.fromkeys(self.summary.lost, "done, but files of it are gone, as weights")
        found: dict[str, list[str]] = {}
        for label, reason in {**self.summary.reasons, **lost}.items():
            found.setdefault(reason, []).append(label)
        return found

    @property
    def costs(self) -> list[tuple[str, str]]:
        """What it took, and what is left."""
        told = spent(self.results.cells)
        if self.summary.search:
            told.append(("budget", search_line(self.summary.search, self.summary.total)))
        if left := seconds_left(self.run):
            told.append(("left", f"about {duration(left)}, one cell at a time"))
        return told

    @property
    def about(self) -> list[tuple[str, str]]:
        """Recipe, data and environment."""
        return recipe_and_data(self.run.moment.planned, self.results)

    @property
    def document(self) -> str:
        """The resolved study file; empty where it is gone."""
        path = self.run.folder.study
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def sentence(text: str) -> str:
    """With a capital in front and a stop behind."""
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _drawn(name: str, run: figures.Run) -> Drawn | AblateError:
    try:
        return figures.draw(name, run)
    except AblateError as error:
        return error
