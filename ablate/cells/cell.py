"""A cell: architecture + recipe + data + seed, the unit of work; and the key it is known by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from ablate.cells.data import Data
from ablate.cells.facts import DatasetFacts
from ablate.cells.recipe import Recipe
from ablate.errors import Fault, SpecError
from ablate.networks import Architecture, read_architecture
from ablate.text import Node, Reader, is_whole, show

# Raised only when every cell of old would train differently today; where some would, a version in
# their part of the key is, as READING and HOLDING_OUT in the data's.
KEY_VERSION = 1

State = Literal[
    "waiting",
    "running",
    "done",
    "pruned",
    "infeasible",
    "oom",
    "diverged",
    "timeout",
    "failed",
]
RETRIABLE: tuple[State, ...] = ("oom", "diverged", "timeout")  # on request, as answers are not


@dataclass(frozen=True)
class Cell:
    """One training run, fully described. `architecture` is resolved.

    Raises SpecError for a recipe that does not go with the data.
    """

    architecture: Architecture
    recipe: Recipe
    data: Data
    seed: int
    facts: DatasetFacts

    def __post_init__(self) -> None:
        if broken := self.recipe.broken_for(self.data):
            raise SpecError([Fault(f"recipe.{key}", rule) for key, rule in broken])

    @cached_property
    def key(self) -> str:
        """16 hex digits: equal for cells that train the same network in the same way."""
        return hash_of(
            {
                "key_version": KEY_VERSION,
                "network": self.architecture.network().canonical(),
                "recipe": self.recipe.canonical(self.data),
                "data": self.data.canonical(self.facts, picks=self.picks),
                "seed": self.seed,
            }
        )

    @property
    def picks(self) -> bool:
        """Whether its epoch is picked by held-out images, though its error is of the test set."""
        return self.recipe.picks(self.data)

    @property
    def holds_out(self) -> bool:
        """Whether images are held out, and looked at after every epoch."""
        return self.data.holds_out(self.picks)

    @property
    def split(self) -> str:
        """Which images the reported error is of."""
        return self.data.evaluate

    def document(self) -> dict[str, Any]:
        """The content of cell.yaml; `read_cell` reads it back."""
        return {
            "key": self.key,
            "key_version": KEY_VERSION,
            "architecture": settings_of(self.architecture),
            "recipe": self.recipe.model_dump(mode="json", exclude_unset=True),
            "data": self.data.model_dump(mode="json", exclude_unset=True),
            "seed": self.seed,
        }


def settings_of(architecture: Architecture) -> dict[str, Any]:
    """An architecture as the map that a user would write: the family, and what is not default."""
    plain = architecture.model_dump(mode="json", exclude_defaults=True)
    return {"family": architecture.family, **plain}


def hash_of(document: Any) -> str:
    """Plain data -> 16 hex digits of the SHA-256 of its canonical JSON."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_cell(tree: Node, facts: DatasetFacts) -> Cell:
    """cell.yaml -> cell. `facts` are those of its dataset. Raises SpecError."""
    _check_whole(tree)
    reader = Reader(tree)
    architecture = read_architecture(reader, ("architecture",))
    recipe, data = reader.part(Recipe, ("recipe",)), reader.part(Data, ("data",))
    seed = reader.plain("seed")
    if not is_whole(seed) or seed < 0:
        reader.fault(("seed",), f"must be a whole number >= 0, got {show(seed)}")
    if reader.faults or architecture is None or recipe is None or data is None:
        raise SpecError(reader.faults)
    return Cell(architecture, recipe, data, seed, facts)


def read_cell_architecture(tree: Node) -> Architecture:
    """cell.yaml -> its architecture, where nothing is known of its dataset. Raises SpecError."""
    _check_whole(tree)
    reader = Reader(tree)
    architecture = read_architecture(reader, ("architecture",))
    if architecture is None:
        raise SpecError(reader.faults)
    return architecture


def _check_whole(tree: Node) -> None:
    """Raise SpecError for a cell.yaml that lacks a part."""
    missing = [k for k in ("architecture", "recipe", "data", "seed") if tree.get(k) is None]
    if missing:
        raise SpecError([tree.fault((key,), "required key is missing") for key in missing])
