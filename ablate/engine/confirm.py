"""`confirm`: the chosen of a run, trained again on all images, and one look at the test set."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.cells import Data, Recipe
from ablate.engine.plan import plan
from ablate.engine.run import train_shown
from ablate.errors import RunFolderError, UsageError
from ablate.ledger import SELECTION, begun_before, looks
from ablate.loggers import Makers
from ablate.records import (
    Plan,
    RunFolder,
    Summary,
    read_plan,
    snapshot,
)
from ablate.study import Study, load_study
from ablate.text import several
from ablate.training import Execution
from ablate.workers import Event, PerDevice, RunOptions

if TYPE_CHECKING:
    from ablate.analysis import Results
    from ablate.claims import Chosen


FIRST_SEED = 1000  # far from the small numbers that studies use


@dataclass(frozen=True)
class Confirmation:
    """What is to be confirmed of the run in `folder`."""

    folder: RunFolder
    plan: Plan
    notes: tuple[str, ...]  # what is different from the run beside the seeds, for people

    @property
    def path(self) -> Path:
        """Its run folder, inside that of the run: they move together."""
        return self.folder.confirmation.path


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
    best and the baseline of a fixed design. What was confirmed before stays in it, with the seeds
    that it had. Raises UsageError, HolesError, RunFolderError also for a folder `confirm` that is
    something else or images that changed, and as `plan` does.
    """
    from ablate import analysis, claims  # here, as a worker has no use for pandas

    run = snapshot(folder)
    results = analysis.results_of(run)
    if "test" in analysis.split_of(results.cells):
        raise UsageError(f"{folder}: its errors are of the test set already: nothing to confirm")
    if seeds < 1:
        raise UsageError(f"--seeds: must be >= 1, got {seeds}")
    second = "knee" if results.is_search else results.head.baseline
    names = list(dict.fromkeys(several(which) or ("best", second)))
    now = claims.chosen_now(results, names, several(where))
    head, cells = run.head, run.moment.by_key
    before, kept = _confirmed_before(run.folder.confirmation)
    chosen = claims.with_earlier(results, before, now)
    documents = {each.variant: cells[each.keys[0]].cell for each in chosen}
    used = {cell.seed for cell in cells.values()}
    study = confirming_study(head, chosen, documents, fresh_seeds(used, kept, seeds))
    planned = plan(study, data=data, device=device, cache=cache)
    if planned.dataset != head.get("dataset", planned.dataset):
        raise RunFolderError(
            f"{run.folder.path}: its images have changed since it was planned (content "
            f"{planned.dataset}, was {head['dataset']}): what was chosen on those cannot be "
            "confirmed on these; put them back"
        )
    notes = [*_notes(documents.values()), *_note_on_looks(results, run.folder, planned)]
    if unfinished := int(results.cells["state"].isin(["waiting", "running", "failed"]).sum()):
        notes.append(f"{unfinished} cells of the run are not finished, so the choice may change")
    return Confirmation(
        run.folder, replace(planned, chosen=tuple(map(asdict, chosen))), tuple(notes)
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
    log: Makers = (),
    on_event: Callable[[Event], None] | None = None,
) -> Summary:
    """Train what was chosen in a run again, on all training images, and look at the test set once.

    It becomes a run folder of its own, `confirm` in that of the run. Again: it goes on, or does
    nothing. Arguments are those of `confirmation` and `run`; with a Confirmation the first three
    are in it. Raises as both do.
    """
    options = RunOptions.of(
        data, devices=devices, jobs=jobs, per_device=per_device, execution=execution, retry=retry
    )
    asked = folder
    if isinstance(asked, str | Path):
        device = options.devices[0]
        asked = confirmation(asked, which, where=where, seeds=seeds, data=data, device=device)
    return train_shown(asked.plan, asked.path, replace(options, log=log), on_event)


def fresh_seeds(used: Collection[int], kept: Sequence[int], number: int) -> tuple[int, ...]:
    """`kept`, and as many more as are wanted that were not used for choosing."""
    more = (seed for seed in count(FIRST_SEED) if seed not in used and seed not in kept)
    return (*kept, *islice(more, max(0, number - len(kept))))


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
    from ablate.claims import baseline_of

    baseline = baseline_of(head["baseline"], chosen)
    recipes = {name: dict(document["recipe"]) for name, document in documents.items()}
    data = dict(next(iter(documents.values()))["data"])
    shared = recipes[chosen[0].variant]
    lifted = ("limit",) if _picks(shared) else ("hold_out", "limit", "split_seed")
    data = {key: value for key, value in data.items() if key not in lifted}
    return load_study(
        {
            "name": f"{head['study']}-confirm",
            "question": "Does the choice hold on the test set?",
            **{key: head[key] for key in ("published", "margin") if key in head},
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


def _changes(shared: Mapping[str, Any], recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What a variant's recipe changes of the study's; null removes."""
    gone = {key: None for key in shared if key not in recipe}
    new = {key: value for key, value in recipe.items() if key not in shared or shared[key] != value}
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


def _note_on_looks(results: Results, run: RunFolder, plan: Plan) -> tuple[str, ...]:
    """That the test set is about to be looked at once more, where it is."""
    before = looks(run, results.cells["data_sha256"].dropna())
    if not before or begun_before(run.confirmation) >= set(plan.keys):
        return ()
    return (f"look {len(before) + 1} at this test set: {SELECTION}",)


def _confirmed_before(target: RunFolder) -> tuple[tuple[Chosen, ...], tuple[int, ...]]:
    """What was confirmed before, and with which seeds."""
    from ablate.claims import Chosen

    if not target.plan.exists():
        return (), ()
    document = read_plan(target)
    if "chosen" not in document:
        raise RunFolderError(f"{target.path}: holds another question; move it to confirm this run")
    chosen = (Chosen(**{k: _frozen(v) for k, v in c.items()}) for c in document["chosen"])
    return tuple(chosen), tuple(dict.fromkeys(cell["seed"] for cell in document["cells"]))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
