"""A point of a space -> the network it is, and how that is trained."""

from __future__ import annotations

from collections.abc import Mapping

from ablate.cells import DatasetFacts, Recipe, fitted
from ablate.networks import Architecture
from ablate.space.space import Space
from ablate.text import Reader, RuleErrors, Scalar, from_plain


def suggestion(
    space: Space,
    values: Mapping[str, Scalar],
    recipe: Recipe,
    augment: bool,
    facts: DatasetFacts | None,
) -> tuple[Architecture, Recipe]:
    """A point -> its architecture, fitted to the data where they are known, and its recipe.

    Raises RuleErrors for values that cannot be built.
    """
    architecture, changes = space.build(values)
    if changes:
        written = recipe.model_dump(mode="json", exclude_unset=True) | changes
        reader = Reader(from_plain({"recipe": written}, ""))
        changed = reader.part(Recipe, ("recipe",))
        if changed is None:
            raise RuleErrors((fault.key, fault.message) for fault in reader.faults)
        recipe = changed
    if facts:
        architecture = fitted(architecture, facts, recipe.dropout(augment))
    return architecture, recipe
