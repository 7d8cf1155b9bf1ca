"""The rules of `kind: measure`, a study whose networks are measured and not trained."""

from __future__ import annotations

from typing import Any

from ablate.errors import Fault
from ablate.text import Node, Path, show

# What only training answers to, or what compares its results.
NOT_MEASURED = (
    "baseline",
    "match",
    "design",
    "space",
    "sampler",
    "pruner",
    "objectives",
    "limits",
    "budget",
    "seeds",
)
ONLY_MEASURED = ("implementations",)
MEASURED_PRECISIONS = ("fp32", "bf16")


def kind_of(tree: Node) -> Any:
    """What a study file says to do with its networks, as written."""
    kind = tree.get("kind")
    return "train" if kind is None else kind.plain()


def check_measured(tree: Node, faults: list[Fault]) -> None:
    """Append what a measure study lacks, and what it has that nothing would read."""
    variants = tree.get("variants")
    if variants is None:
        faults.append(tree.fault(("variants",), "required key is missing"))
    for key in [key for key in NOT_MEASURED if tree.get(key)]:
        message = "is not read with kind: measure, which trains nothing"
        faults.append(tree.fault((key,), message))
    _check_recipe(tree, (), faults)
    for name, _ in variants.items() if variants else ():
        _check_recipe(tree, ("variants", name), faults)


def _check_recipe(tree: Node, path: Path, faults: list[Fault]) -> None:
    """Faults of the recipe below `path`, if there is one, that no step is measured with."""
    recipe = tree.at(path).get("recipe")
    for key, names in (("precision", MEASURED_PRECISIONS), ("optimizer", ("sgd",))):
        written = recipe.get(key) if recipe else None
        if written and written.plain() not in names:
            rule = f"must be {' or '.join(names)} with kind: measure"
            message = f"{rule}, got {show(written.plain())}"
            faults.append(tree.fault((*path, "recipe", key), message))
