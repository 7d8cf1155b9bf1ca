"""How many cells train at a time."""

from __future__ import annotations

from importlib import import_module

import pytest

from ablate.machine import cores, parallel


def test_more_cells_than_cores_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    # The door's function hides the module of its name.
    monkeypatch.setattr(import_module("ablate.machine.cores"), "cores", lambda: 2)
    assert [parallel(jobs, ["cpu"]) for jobs in (None, 0, 1, 8)] == [2, 1, 1, 2]
    assert parallel(None, ["cuda:0", "cuda:1", "cuda:2"]) == 3
    assert [parallel(jobs, ["cuda:0", "cuda:1"]) for jobs in (1, 6)] == [1, 2]


def test_there_is_a_core() -> None:
    assert cores() >= 1
