"""Which networks of a study are measured, and how each is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ablate.cells import DatasetFacts, PlannedCell, Recipe, point_label
from ablate.measuring.implementations import why_not
from ablate.networks import Architecture, as_architecture
from ablate.records import Snapshot, network_key
from ablate.study import Study
from ablate.training import Execution

# On a GPU steps are captured, where they can be: what is measured last counts.
_CAPTURED = {"ablate-fast": "ablate-captured", "ablate-efficient": "ablate-efficient-captured"}


@dataclass(frozen=True)
class Subject:
    """A network, the step that is taken with it, and who runs it."""

    variant: str
    sweep: Mapping[str, Any]
    architecture: Architecture  # resolved
    batch_size: int
    precision: str
    implementations: tuple[str, ...]

    @property
    def key(self) -> str:
        """16 hex digits: equal for equal networks at the same batch size and precision."""
        return network_key(self.architecture, self.batch_size, self.precision)

    @property
    def label(self) -> str:
        """For people: `DenseNet-BC depth=40`."""
        return point_label(self.variant, self.sweep)


def subjects_of(study: Study, facts: DatasetFacts) -> tuple[Subject, ...]:
    """A measure study -> its networks, each once, in the order written. Raises SpecError."""
    subjects = (
        Subject(
            variant=named.variant,
            sweep=named.sweep,
            architecture=named.cell.architecture,
            batch_size=named.cell.recipe.images_at_once,
            precision=named.cell.recipe.precision,
            implementations=study.file.implementations,
        )
        for named in study.cells(facts)
    )
    return _once(subjects)


def subjects_of_run(run: Snapshot, execution: Execution) -> tuple[Subject, ...]:
    """A run -> the networks of its cells, each once, run by us as `execution` would.

    Seeds and what else is not in a step make no other network.
    """
    return _once(_of_cell(cell, execution) for cell in run.moment.planned)


def _of_cell(cell: PlannedCell, execution: Execution) -> Subject:
    architecture = as_architecture(cell.cell["architecture"])
    recipe = Recipe.model_validate(cell.cell["recipe"])
    name = f"ablate-{execution.fitted(cell.peak_bytes).memory}"
    if why_not(name, architecture, execution.device):
        name = "ablate-fast"  # as `build` does with a network that mode efficient does not know
    on_gpu = execution.device.startswith("cuda")
    return Subject(
        variant=cell.variant,
        sweep=cell.sweep,
        architecture=architecture.resolve(),
        batch_size=recipe.images_at_once,
        precision=recipe.precision,
        implementations=(name, _CAPTURED[name]) if on_gpu else (name,),
    )


def _once(subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    return tuple({subject.key: subject for subject in reversed(list(subjects))}.values())[::-1]
