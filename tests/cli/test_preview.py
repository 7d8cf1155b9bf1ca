"""What `plan` shows of a search. With a real one: `tests/engine/test_search_run.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.cli.preview import show_search
from ablate.sampling import look_at_space
from tests.engine.little_search import search_of


def test_names_and_values_in_brackets_are_no_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = search_of(
        space={
            "depth": None,
            "block_layers": [{"int": [1, 2]}, 1, 1],
            "bottleneck_width": {"choice": [None, 2]},
            "connectivity": {"choice": ["dense", {"window": 1}]},
            "growth_rate": 4,
            "dropout": {"float": [0.1, 0.3], "when": {"bottleneck_width": 2}},
            "activation_order": None,
        }
    )
    show_search(study, look_at_space(study, data_root=tmp_path), jobs=2, as_json=False)
    out = capsys.readouterr().out
    assert "block layers[0]" in out and "block_layers[0]" in out
    assert "null | 2" in out and "dense | {window: 1}" in out
    assert "0.1 .. 0.3" in out and "bottleneck_width == 2" in out
    assert "a continuous space; of 32 drawn at random, 32 are feasible" in out
    assert "parameters from" in out and "about" not in out  # no device, no times


def test_a_grid_is_shown_whole_and_priced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = search_of(sampler={"name": "grid"}, budget={}, limits={"params": "3k"})
    show_search(study, look_at_space(study, data_root=tmp_path), jobs=2, as_json=False)
    out = capsys.readouterr().out
    assert "16 points; of all, 10 are feasible, 6 infeasible by params" in out
    assert "parameters from 618 to 2.4k, median 2.3k" in out
    rows = [line for line in out.splitlines() if line.split()[:1] in (["2"], ["4"], ["6"])]
    assert len(rows) == 10
