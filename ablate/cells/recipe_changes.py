"""What one variant changes of the study's recipe."""

from __future__ import annotations

from ablate.cells.data import Data
from ablate.cells.recipe import Recipe
from ablate.errors import Fault
from ablate.text import Node, merge, show, validate


def changed_recipe(tree: Node, settings: Node, faults: list[Fault]) -> Recipe | None:
    """The recipe of the study `tree` with the `recipe:` of `settings` laid over it.

    None without one, and with faults, which are appended: their keys begin with `recipe`. Those
    that the study's own recipe has are told elsewhere.
    """
    change = settings.get("recipe")
    if change is None:
        return None
    if not isinstance(change.value, dict):
        message = f"must be a map of settings, got {show(change.plain())}"
        faults.append(settings.fault(("recipe",), message))
        return None
    base = tree.get("recipe") or Node({}, change.place)
    told: list[Fault] = []
    validate(Recipe, Node({"recipe": base}, tree.place), ("recipe",), told)
    found: list[Fault] = []
    whole = Node({"recipe": merge(base, change)}, tree.place)
    recipe = validate(Recipe, whole, ("recipe",), found)
    if recipe and (data := _data(tree)):
        broken = recipe.broken_for(data)
        found += [whole.fault(("recipe", key), text) for key, text in broken]
    new = [fault for fault in found if fault not in told]
    faults += new
    return None if new else recipe


def _data(tree: Node) -> Data | None:
    """The study's data; None with faults, which are told elsewhere."""
    return validate(Data, tree, ("data",), []) if tree.get("data") else None
