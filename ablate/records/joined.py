"""What was measured of a run's networks -> its cells."""

from __future__ import annotations

import json

from ablate.cells import PlannedCell, Recipe
from ablate.networks import as_architecture
from ablate.records.measurements import Row, network_key, newest_of, read_rows
from ablate.records.standing import Snapshot


def newest_by_cell(run: Snapshot) -> dict[str, Row]:
    """Cell key -> what was measured last of its network; nothing where nothing was."""
    newest = newest_of(read_rows(run.folder.measurements))
    if not newest:
        return {}
    found: dict[str, Row] = {}
    networks: dict[str, str] = {}  # as seeds share a network, it is spelt out once
    for cell in run.moment.planned:
        spelling = json.dumps([cell.cell["architecture"], cell.cell["recipe"]], sort_keys=True)
        if spelling not in networks:
            networks[spelling] = key_of_cell(cell)
        if row := newest.get(networks[spelling]):
            found[cell.key] = row
    return found


def key_of_cell(cell: PlannedCell) -> str:
    """The key that a cell's network has among measurements."""
    recipe = Recipe.model_validate(cell.cell["recipe"])
    architecture = as_architecture(cell.cell["architecture"]).resolve()
    return network_key(architecture, recipe.images_at_once, recipe.precision)
