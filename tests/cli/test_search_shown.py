"""What the command line shows of a search that has ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ablate
from ablate import engine, figures
from ablate.records import snapshot
from tests.cli.conftest import call

SEARCH = """\
name: tiny-search
question: Which width pays?
data: {dataset: digits, limit: 120, hold_out: 60}
recipe: {epochs: 1, schedule: one_cycle, lr: 0.05, batch_size: 32}
space: space.yaml
sampler: {name: random, seed: 0}
objectives: {error: minimize, params: minimize}
limits: {params: 3k}
budget: {trials: 4}
seeds: [0]
"""
SPACE = """\
family: densenet
depth: 7
growth_rate: {int: [2, 12]}
stem_channels: 4
dropout: {float: [0.0, 0.3], when: {growth_rate: ">= 6"}}
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A search of four cells."""
    home = tmp_path_factory.mktemp("search")
    (home / "search.yaml").write_text(SEARCH, encoding="utf-8")
    (home / "space.yaml").write_text(SPACE, encoding="utf-8")
    summary = ablate.run(home / "search.yaml", runs=home / "runs", devices=["cpu"], jobs=0)
    assert summary.exit_code == 0
    return summary.folder


def test_compare_shows_the_front(ended: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "compare", ended)
    table, answer = out.split("\n\n")
    heads, *rows = [line.split("\t") for line in table.splitlines()]
    assert code == 0 and heads[:3] == ["trial", "key", "growth rate"]
    assert "Answer: The best error of 4 done cells is " in answer
    assert "of one seed, too low by up to 1.0 deviations over seeds on average; `ablate" in answer
    assert f"the Pareto front of error and parameters: {len(rows)} of 4 done cells" in err
    _, out, _ = call(capsys, "compare", ended, "--json")
    assert [row["key"][:8] for row in json.loads(out)["rows"]] == [row[1] for row in rows]


def test_every_figure_is_drawn(ended: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plot", ended)
    assert code == 0
    assert {"frontier.png", "history.png", "weights.png"} <= {Path(p).name for p in out.split()}
    code, out, _ = call(capsys, "plot", ended, "effects")
    assert (code, Path(out.split()[0]).name) == (0, "effects.png")
    found = figures.importances(snapshot(ended))
    assert "of 4 cells" in found.note
    assert set(found.rows["knob"]) == {"growth_rate", "dropout"}
    code, out, _ = call(capsys, "plot", ended, "--reference", "error=100")
    assert (code, Path(out.split()[0]).name) == (0, "history-error=100.png")


def test_export_takes_what_the_table_names(
    ended: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = ablate.results(ended)
    assert (table["state"] == "infeasible").any()
    key = ablate.compare(ended).rows["key"][0]
    code, _, _ = call(capsys, "export", ended, key[:8], "--out", tmp_path / "out")
    assert code == 0 and ablate.load(tmp_path / "out")
    code, _, err = call(capsys, "export", ended, "zz")
    assert code == 2 and "'zz' is no trial and no key; one of best, knee, trial-N" in err


def test_export_and_confirm_take_a_trial_by_its_number(
    ended: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ablate.compare(ended).rows.iloc[0]
    name = f"trial-{first['trial']}"
    code, _, _ = call(capsys, "export", ended, name, "--out", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert code == 0 and "Chosen by its trial number." in card
    (chosen,) = engine.confirmation(ended, name, device="cpu").plan.chosen
    assert (chosen["variant"], chosen["chosen_as"]) == (name, (first["key"][:8],))
    table = ablate.results(ended)
    number = table.loc[table["state"] == "infeasible", "trial"].iloc[0]
    code, _, err = call(capsys, "export", ended, f"trial-{number}")
    assert code == 3 and f"trial-{number}: is infeasible, only a finished cell" in err


def test_export_under_a_condition_is_named_after_what_it_took(
    ended: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    row = ablate.compare(ended).rows.iloc[-1]
    condition = f"params <= {row['params']}"
    code, out, err = call(capsys, "export", ended, "best", "--where", condition)
    assert (code, out.strip()) == (0, f"exports/tiny-search-trial-{row['trial']}")
    assert err.startswith(f"trial {row['trial']} ({row['key'][:8]}), growth rate ")
    assert err.endswith(f"Chosen for the lowest mean validation error where {condition}.\n")
