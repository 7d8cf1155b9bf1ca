"""Confirming a choice: the chosen once more, on all training images, then the test set."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

from filelock import FileLock

from ablate.costs import Rates
from ablate.errors import RunFolderError, UsageError
from ablate.machine import write_text
from ablate.search.executor import Event
from ablate.search.folder import RunFolder, read_plan
from ablate.search.plan import Plan
from ablate.search.plan import plan as plan_study
from ablate.search.record import Record
from ablate.search.running import run
from ablate.search.standing import Summary
from ablate.spec import Data, Recipe, Study, load_study

FOLDER, LOOKS = "confirm", "confirm.json"
SELECTION = "a choice made after a look is made on the test set, so tell all of them"
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
class Look:
    """One look at the test set: cells that were begun together."""

    when: str  # ISO 8601, UTC
    variants: tuple[str, ...]
    seeds: tuple[int, ...]
    keys: tuple[str, ...]  # of its cells, none of which is in an earlier look
    data_sha256: str = ""  # of the dataset; empty until a cell is done


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
    folder: RunFolder,
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
    head = read_plan(folder)
    before, kept = _confirmed_before(RunFolder(folder.path / FOLDER))
    everything = merged(before, chosen)  # what was looked at stays in sight
    cells = {cell.key: cell for cell in Record.open(folder).planned()}
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


def confirm(
    asked: Confirmation, *, on_event: Callable[[Event], None] = lambda event: None, **options: Any
) -> Summary:
    """Train what the confirmation lacks, and write down that the test set is looked at.

    `options` and errors are those of `run`. That is written when a cell begins which no earlier
    look had, so that a look which is stopped and resumed counts once.
    """
    target = RunFolder(asked.path)

    def watch(event: Event) -> None:
        if event["kind"] == "start":
            _begin_look(asked, event["key"])
        on_event(event)

    found = run(asked.plan, asked.path, on_event=watch, **options)
    with FileLock(asked.folder.lock):
        _write(asked.folder, [_with_data(look, target) for look in looks(asked.folder)])
    return found


def looks(folder: RunFolder) -> tuple[Look, ...]:
    """The looks at the test set for a run; given the folder that confirms it, the same."""
    confirms = folder.plan.exists() and "chosen" in read_plan(folder)
    path = (folder.path.resolve().parent if confirms else folder.path) / LOOKS
    if not path.exists():
        return ()
    found = json.loads(path.read_text(encoding="utf-8"))["looks"]
    return tuple(Look(**{key: _frozen(value) for key, value in look.items()}) for look in found)


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


def _begin_look(asked: Confirmation, key: str) -> None:
    """Write down a look, unless the cell that begins is of one that was written down."""
    with FileLock(asked.folder.lock):
        before = looks(asked.folder)
        known = {k for look in before for k in look.keys}
        if key in known:
            return
        new = {cell.key: cell for cell in asked.plan.cells if cell.key not in known}
        look = Look(
            when=datetime.now(UTC).isoformat(timespec="seconds"),
            variants=tuple(dict.fromkeys(cell.variant for cell in new.values())),
            seeds=tuple(dict.fromkeys(cell.seed for cell in new.values())),
            keys=tuple(new),
        )
        _write(asked.folder, [*before, look])


def _with_data(look: Look, target: RunFolder) -> Look:
    """A look with the hash of the images that were looked at."""
    attempts = Record.open(target).attempts()
    done = (attempts[key].done for key in look.keys)
    found = (trial.user_attrs["result"]["data_sha256"] for trial in done if trial)
    return replace(look, data_sha256=look.data_sha256 or next(found, ""))


def _write(folder: RunFolder, found: Sequence[Look]) -> None:
    document = {"looks": [asdict(look) for look in found]}
    if found:
        write_text(folder.path / LOOKS, json.dumps(document, indent=1) + "\n")
