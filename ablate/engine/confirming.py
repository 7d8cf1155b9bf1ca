"""Confirming a choice: the chosen once more, on all training images, then the test set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any

from ablate.cells import Data, Recipe
from ablate.costs import Rates
from ablate.engine.planning import plan_study
from ablate.engine.running import train_plan
from ablate.engine.worker import Event
from ablate.errors import RunFolderError, UsageError
from ablate.records import (
    SELECTION,
    Look,
    Plan,
    RunFolder,
    Snapshot,
    Summary,
    begin_look,
    looks,
    name_images,
    read_plan,
)
from ablate.study import Study, load_study

FOLDER = "confirm"
FIRST_SEED = 1000  # far from the small numbers that studies use


@dataclass(frozen=True)
class Chosen:
    """A point of a run that was chosen, and what was known of it then."""

    variant: str  # what it is called among the confirmed
    chosen_as: tuple[str, ...]  # best, knee, baseline, or the name or key that was asked for
    how: str  # in a sentence
    source: str  # the variant that it is of in its run
    sweep: Mapping[str, Any]
    keys: tuple[str, ...]  # its done cells in that run
    error: float  # their mean, percent, of the held-out images
    low: float | None  # 95% t interval of that mean
    high: float | None


@dataclass(frozen=True)
class Confirmation:
    """What is to be confirmed of the run in `folder`."""

    folder: RunFolder
    plan: Plan
    notes: tuple[str, ...]  # what is different from the run beside the seeds, for people

    @property
    def path(self) -> Path:
        """Its run folder, inside that of the run: they move together."""
        return self.folder.path / FOLDER


def plan_confirmation(
    run: Snapshot,
    chosen: Sequence[Chosen],
    *,
    seeds: int,
    data_root: Path,
    cache: Path | None = None,
    rates: Rates | None = None,
) -> Confirmation:
    """The chosen of a run -> their plan, which trains each with `seeds` fresh seeds.

    What was confirmed before stays in it, with the seeds that it had. Raises UsageError,
    RunFolderError for a folder `confirm` that is something else or images that changed, and as
    `plan` does.
    """
    if seeds < 1:
        raise UsageError(f"--seeds: must be >= 1, got {seeds}")
    head, folder = run.head, run.folder
    before, kept = _confirmed_before(RunFolder(folder.path / FOLDER))
    everything = merged(before, chosen)  # what was looked at stays in sight
    cells = run.moment.by_key
    documents = {c.variant: cells[c.keys[0]].cell for c in everything}
    of_run = {cell.seed for cell in cells.values()}
    study = confirming_study(head, everything, documents, fresh_seeds(of_run, kept, seeds))
    planned = plan_study(study, data_root=data_root, cache=cache, rates=rates)
    if planned.dataset != head.get("dataset", planned.dataset):
        raise RunFolderError(
            f"{folder.path}: its images have changed since it was planned (content "
            f"{planned.dataset}, was {head['dataset']}): what was chosen on those cannot be "
            "confirmed on these; put them back"
        )
    notes = (*_notes(documents.values()), *_note_on_looks(looks(folder), planned))
    return Confirmation(folder, replace(planned, chosen=tuple(map(asdict, everything))), notes)


def train_confirmation(
    asked: Confirmation, *, on_event: Callable[[Event], None] = lambda event: None, **options: Any
) -> Summary:
    """Train what the confirmation lacks, and write down that the test set is looked at.

    `options` and errors are those of `run`. That is written when a cell begins which no earlier
    look had, so that a look which is stopped and resumed counts once.
    """

    def watch(event: Event) -> None:
        if event["kind"] == "start":
            begin_look(asked.folder, asked.plan, event["key"])
        on_event(event)

    found = train_plan(asked.plan, asked.path, on_event=watch, **options)
    name_images(asked.folder, RunFolder(asked.path))
    return found


def fresh_seeds(used: Collection[int], kept: Sequence[int], number: int) -> tuple[int, ...]:
    """`kept`, and as many more as are wanted that were not used for choosing."""
    more = (seed for seed in count(FIRST_SEED) if seed not in used and seed not in kept)
    return (*kept, *islice(more, max(0, number - len(kept))))


def merged(before: Sequence[Chosen], now: Sequence[Chosen]) -> tuple[Chosen, ...]:
    """Both without repeats; a point that was chosen in several ways has them all."""
    found: dict[str, Chosen] = {}
    for chosen in [*before, *now]:
        known = found.get(chosen.variant)
        ways = dict.fromkeys([*(known.chosen_as if known else ()), *chosen.chosen_as])
        first = known.how if known else chosen.how
        found[chosen.variant] = replace(chosen, chosen_as=tuple(ways), how=first)
    return tuple(found.values())


def confirming_study(
    head: Mapping[str, Any],
    chosen: Sequence[Chosen],
    documents: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
) -> Study:
    """The fixed design that confirms points; `documents` are their cells in the run, by variant.

    Nothing is held out and nothing left out of the training images, but what a recipe picks its
    epoch by. The baseline is the run's where it is among the chosen, else the first of them.
    """
    baseline = next((c for c in chosen if c.source == head["baseline"]), chosen[0])
    recipes = {name: dict(document["recipe"]) for name, document in documents.items()}
    data = dict(next(iter(documents.values()))["data"])
    shared = recipes[chosen[0].variant]
    lifted = ("limit",) if _picks(shared) else ("hold_out", "limit", "split_seed")
    data = {key: value for key, value in data.items() if key not in lifted}
    return load_study(
        {
            "name": f"{head['study']}-{FOLDER}",
            "question": "Does the choice hold on the test set?",
            **({"published": head["published"]} if "published" in head else {}),
            "data": {**data, "evaluate": "test"},
            "recipe": shared,
            "baseline": baseline.variant,
            "variants": {
                name: {**document["architecture"], **_changes(shared, recipes[name])}
                for name, document in documents.items()
            },
            "seeds": list(seeds),
        }
    )


def _picks(recipe: Mapping[str, Any]) -> bool:
    """Whether a recipe, looking at the test set, picks its epoch by held-out images."""
    on_test = Data(dataset="svhn", evaluate="test")  # whichever: it is the recipe that picks
    return Recipe.model_validate(recipe).picks(on_test)


def _changes(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What a variant changes of the study's recipe; null removes."""
    gone = {key: None for key in shared if key not in own}
    new = {key: value for key, value in own.items() if key not in shared or shared[key] != value}
    return {"recipe": {**gone, **new}} if gone or new else {}


def _notes(documents: Collection[Mapping[str, Any]]) -> tuple[str, ...]:
    data = next(iter(documents))["data"]
    picks = [_picks(document["recipe"]) for document in documents]
    notes = []
    if any(picks):
        notes.append(
            "as many images are held out as before: they pick the epoch, at which the test set is "
            "looked at"
        )
    if not all(picks):
        notes.append("trained on all training images, nothing is held out")
    if data.get("limit"):
        notes.append(f"the run's limit of {data['limit']:,} images is lifted")
    return tuple(notes)


def _note_on_looks(before: Sequence[Look], plan: Plan) -> tuple[str, ...]:
    """That the test set is about to be looked at once more, where it is."""
    if not before or {key for look in before for key in look.keys} >= set(plan.keys):
        return ()
    number = len(before) + 1
    return (f"look {number} at the test set for this run: {SELECTION}",)


def _confirmed_before(target: RunFolder) -> tuple[tuple[Chosen, ...], tuple[int, ...]]:
    """What was confirmed before, and with which seeds."""
    if not target.plan.exists():
        return (), ()
    found = read_plan(target)
    if "chosen" not in found:
        raise RunFolderError(f"{target.path}: holds another question; move it to confirm this run")
    chosen = (Chosen(**{k: _frozen(v) for k, v in c.items()}) for c in found["chosen"])
    return tuple(chosen), tuple(dict.fromkeys(cell["seed"] for cell in found["cells"]))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
