"""What `run` would do, up to the first training step; nothing is written, not even counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ablate.cells import STREAMED, PlannedCell
from ablate.engine.plan import plan_study
from ablate.engine.run import check_options
from ablate.errors import MissingDataError
from ablate.loggers import named_loggers
from ablate.machine import parallel
from ablate.measuring import rates_on
from ablate.records import Attempts, Plan, RunFolder, check_folder, matched_in, snapshot
from ablate.sampling import Preview, look_at_space
from ablate.study import Study
from ablate.text import count, duration
from ablate.workers import (
    Rules,
    RunOptions,
    as_begun,
    check_images,
    is_wanted,
    plan_onwards,
    would_come_from,
)

# leave: it failed or came to nothing, and this run would not try it again.
Fate = Literal["train", "take over", "done", "in work", "leave"]


@dataclass(frozen=True)
class Rehearsal:
    """What a run would come to. Cells of one key count once."""

    plan: Plan
    folder: Path
    devices: Sequence[str]
    at_once: int  # cells that train at full speed at a time
    is_new: bool  # whether there is no such run folder yet
    record: str  # where it is, for people
    fates: Mapping[str, Fate]  # by key
    sources: Mapping[str, str]  # of what is taken over: the run it is in
    images: str  # what is to be known of them, if anything is
    space: Preview | None  # of a search, whose cells are suggested while it runs

    def number(self, fate: Fate) -> int:
        return sum(each == fate for each in self.fates.values())

    @cached_property
    def to_train(self) -> Sequence[PlannedCell]:
        cells = {cell.key: cell for cell in reversed(self.plan.cells)}
        return [cells[key] for key, fate in self.fates.items() if fate == "train"]

    @property
    def seconds(self) -> float | None:
        """Device seconds of what would be trained, one after the other."""
        times = [cell.predicted_seconds for cell in self.to_train]
        known = [t for t in times if t is not None]
        return sum(known) if len(known) == len(times) else None

    def table(self) -> list[list[str]]:
        """Heads, then a row per point: how many of its cells would have which fate."""
        swept = self.plan.study.sweep_keys
        fates = list(dict.fromkeys(["train", *self.fates.values()]))
        points: dict[tuple[str, ...], list[PlannedCell]] = {}
        for cell in self.plan.cells:
            named = (cell.variant, *(str(cell.sweep.get(key, "")) for key in swept))
            points.setdefault((*named, count(cell.params)), []).append(cell)
        rows = [["variant", *swept, "params", *fates, "time a cell"]]
        for named, cells in points.items():
            numbers = Counter(self.fates[cell.key] for cell in cells)
            seen = [str(numbers[fate] or "") for fate in fates]
            rows.append([*named, *seen, duration(cells[0].predicted_seconds)])
        return rows

    def lines(self) -> list[str]:
        """What would be done, where, and for how long."""
        place = f"with {self.at_once} at a time on {', '.join(self.devices)}"
        what = f"would train {self.number('train')} of {len(self.fates)} cells {place}"
        most = f"up to {self.plan.most_cells or 'as many as hours allow'} in all"
        if self.plan.study.search:
            what = f"would suggest cells and train them {place}, {most}"
        elif self.plan.is_open:
            what += f", and go on as their results say, {most}"
        if self.seconds:
            alone, together = duration(self.seconds), duration(self.seconds / self.at_once)
            what += f": about {alone} of training, {together} so"
        runs = ", ".join(sorted({*self.sources.values()}))
        rest = {
            "are done": self.number("done"),
            f"would be taken over from {runs}": self.number("take over"),
            "are in work by another run of the study": self.number("in work"),
            "failed as they would again, or need --retry": self.number("leave"),
        }
        what = "; ".join([what, *(f"{n} {said}" for said, n in rest.items() if n)])
        new = "which is new" if self.is_new else "which is there"
        files = f"study.yaml, plan.json, {self.record}, cells/, results.csv, figures/"
        return [what, f"would write to {self.folder}, {new}: {files}", "nothing was written"]

    def document(self) -> dict[str, Any]:
        """The same as a plain map, for `--json`."""
        cells = {cell.key: cell for cell in reversed(self.plan.cells)}
        parts = ("key", "variant", "sweep", "seed", "predicted_seconds")
        return {
            "folder": self.folder,
            "is_new": self.is_new,
            "devices": self.devices,
            "at_once": self.at_once,
            "predicted_seconds": self.seconds,
            "most_cells": self.plan.most_cells,
            "images": self.images,
            "cells": [
                {part: getattr(cells[key], part) for part in parts}
                | {"fate": fate, "source": self.sources.get(key)}
                for key, fate in self.fates.items()
            ],
            **({"space": self.space.document()} if self.space else {}),
        }


def rehearse(study: Study, path: Path, options: RunOptions) -> Rehearsal:
    """What `run` would do with the folder at `path`. Raises what it would raise before it trains.

    Nothing is downloaded; whether a server has the record is not asked.
    """
    folder, root = RunFolder(path), options.data_root
    rates = rates_on(options.devices[0], None)
    begun, matched = as_begun(study, folder), matched_in(path)
    plan = plan_study(begun, data_root=root, rates=rates, matched=matched)
    check_options(options, plan)
    named_loggers(options.log)
    content, note = _images(plan, options)
    if folder.has_record:
        plan = plan_onwards(plan, folder, data_root=root, cache=None)
    check_folder(plan, folder)
    space = look_at_space(study, data_root=root, rates=rates) if study.search else None
    attempts, first = _attempts(folder)
    rules = Rules(first, options.retry)
    fates: dict[str, Fate] = {}
    sources: dict[str, str] = {}
    streams = study.file.data.dataset in STREAMED
    for key in plan.keys:
        fates[key] = _fate(folder, key, attempts.get(key, Attempts()), rules)
        others = folder.siblings(key)
        if fates[key] == "train" and (source := would_come_from(others, key, content, streams)):
            fates[key], sources[key] = "take over", source
    at_once = parallel(options.jobs, options.devices)
    is_new, is_remote = not folder.plan.exists(), bool(options.storage or folder.server)
    record = "its record on a server" if is_remote else folder.database.name
    place = (path, options.devices, at_once, is_new, record)
    return Rehearsal(plan, *place, fates, sources, note, space)


def _images(plan: Plan, options: RunOptions) -> tuple[str, str]:
    """Their digest, and a note on them; without a digest where they would be fetched first."""
    try:
        return check_images(plan, replace(options, download=False))
    except MissingDataError:
        if not options.download:
            raise
        data = plan.study.file.data
        return "", f"{data.name or data.dataset}: would be fetched to {options.data_root}"


def _attempts(folder: RunFolder) -> tuple[Mapping[str, Attempts], int]:
    """What was tried so far, and how often in all."""
    if not (folder.plan.exists() and folder.has_record):
        return {}, 0
    moment = snapshot(folder.path).moment
    return moment.attempts, len(moment.in_order)


def _fate(folder: RunFolder, key: str, attempts: Attempts, rules: Rules) -> Fate:
    if attempts.done:
        return "train" if folder.cell(key).loss(key) else "done"
    begun = attempts.open
    if begun is not None and begun.state == "running" and begun.owner and not begun.is_left:
        return "in work"
    return "train" if begun or is_wanted(attempts, rules) else "leave"
