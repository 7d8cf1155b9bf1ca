"""What was measured of a run's networks -> its cells."""

from __future__ import annotations

import json

from ablate.measuring.rows import Row, newest_of, read_rows
from ablate.measuring.subjects import key_of_cell
from ablate.search import RunFolder
from ablate.search.record import Record


def newest_by_cell(folder: RunFolder) -> dict[str, Row]:
    """Cell key -> what was measured last of its network; nothing where nothing was."""
    newest = newest_of(read_rows(folder.measurements))
    if not newest:
        return {}
    found: dict[str, Row] = {}
    networks: dict[str, str] = {}  # as seeds share a network, it is spelt out once
    for cell in Record.open(folder).planned():
        spelling = json.dumps([cell.cell["architecture"], cell.cell["recipe"]], sort_keys=True)
        if spelling not in networks:
            networks[spelling] = key_of_cell(cell)
        if row := newest.get(networks[spelling]):
            found[cell.key] = row
    return found
