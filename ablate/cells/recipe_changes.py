"""What one variant changes of the study's recipe."""

from __future__ import annotations

from ablate.cells.code_recipe import FROM, KINDS
from ablate.cells.data import Data
from ablate.cells.recipe import Recipe
from ablate.errors import Fault
from ablate.text import Node, Reader, merge, show


def changed_recipe(study: Reader, settings: Node) -> tuple[Recipe | None, list[Fault]]:
    """The recipe of a study with the `recipe:` of `settings` laid over it, and its faults.

    None without one, and with faults: their keys begin with `recipe`. Those that the study's own
    recipe has are the study's, and not among them.
    """
    change = settings.get("recipe")
    if change is None:
        return None, []
    if not isinstance(change.value, dict):
        message = f"must be a map of settings, got {show(change.plain())}"
        return None, [settings.fault(("recipe",), message)]
    base = study.tree.get("recipe") or Node({}, change.place)
    # Other code has other settings.
    base = base.without(*(key for key in KINDS if change.find((key, FROM))))
    whole = Reader(Node({"recipe": merge(base, change)}, study.tree.place))
    study.part(Recipe, ("recipe",))
    recipe, data = whole.part(Recipe, ("recipe",)), study.part(Data, ("data",))
    if recipe and data:
        for key, message in recipe.broken_for(data):
            whole.fault(("recipe", key), message)
    faults = [fault for fault in whole.faults if fault not in study.faults]
    return (None if faults else recipe), faults
