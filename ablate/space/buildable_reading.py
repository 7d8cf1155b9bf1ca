"""A space that is read to be searched: what of it can never be built is a fault of the file."""

from __future__ import annotations

from collections.abc import Mapping

from ablate.cells import DatasetFacts, Recipe
from ablate.space.buildable import Broken, Dead, dead
from ablate.space.space import Space
from ablate.space.space_reading import place_in_choice, read_space
from ablate.space.suggestion import suggestion
from ablate.text import Node, Path, Reader, RuleErrors, Scalar, parse_path


def read_buildable(
    reader: Reader, path: Path, recipe: Recipe | None, facts: DatasetFacts | None
) -> Space | None:
    """The space at `path`, all of whose options and bounds can be built; None with faults.

    `recipe` is the study's, None where that has faults; `facts` are of its dataset, where its name
    says them.
    """
    read = read_space(reader, path, recipe.model_dump(mode="json") if recipe else {})
    if read is None:
        return None
    space, places = read
    stand_in = recipe or Recipe(epochs=1)

    def broken(values: Mapping[str, Scalar]) -> Broken:
        try:
            suggestion(space, values, stand_in, False, facts)
        except RuleErrors as error:
            return error.broken
        return ()

    never = dead(space, broken)
    for each in never:
        where, message = _told(reader.tree, each, places.get(each.knob, path))
        reader.fault(where, message)
    return None if never else space


def _told(tree: Node, never: Dead, path: Path) -> tuple[Path, str]:
    """What can never be built, with the `path` of its knob -> where to say it, and what."""
    if not never.rules:
        where = (*path, "when") if tree.at(path).get("when") else path
        return where, "its conditions never hold together: the knob is never there"
    # The knob's own rule says most.
    name = never.knob
    setting = name if name.startswith("recipe.") else name.partition(".")[0]
    own = [rule for rule in never.rules if rule[0].split("[")[0] == setting.split("[")[0]]
    key, message = (own or never.rules)[0]
    if not name:
        return (*path, *parse_path(key)), f"no point can be built: {message}"
    rule = message if own else f"{key}: {message}"
    return (*path, *_end(tree.at(path), never.value)), f"can never be built: {rule}"


def _end(node: Node, value: Scalar) -> Path:
    """Where below a range an option or a bound of it was written."""
    for kind in ("int", "float"):
        if bounds := node.get(kind):
            return (kind, 0 if bounds.plain()[0] == value else 1)
    return ("choice", place_in_choice(node.at(("choice",)), value))
