"""What earlier versions left behind opens, goes on, and says what it said: tests/old_runs.

Only what a user has is used here, so that no rebuilding of the rooms hides a change of the files.
"""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import ablate
from ablate.cli import main

OLD = Path(__file__).parent / "old_runs"
MADE = [pytest.param(path, id=path.name) for path in sorted(OLD.iterdir()) if path.is_dir()]
# The owner of every trial, a host that no reader is: see the README beside them.
FIRST_HOST = "first-host"

pytestmark = pytest.mark.parametrize("made", MADE)


def copied(made: Path, name: str, tmp_path: Path) -> Path:
    """A run folder as it was, alone in a folder of runs: its cells could be taken from others."""
    return Path(shutil.copytree(made / name, tmp_path / "runs" / name))


def study_of(made: Path, name: str) -> Path:
    """The file that the run folder was made of."""
    return made / f"{name.replace('-', '_')}.yaml"


def expected(made: Path, name: str) -> Any:
    return json.loads((made / f"{name}.json").read_text(encoding="utf-8"))


def cli(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What `ablate` prints, having succeeded."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert left.value.code in (None, 0), err
    return out


def rows(table: pd.DataFrame) -> Any:
    return json.loads(table.to_json(orient="records", double_precision=15))


def check_says(found: Any, was: Any, where: str = "") -> None:
    """All that was said is said still; more may be."""
    if isinstance(was, dict):
        for key, value in was.items():
            assert key in found, f"{where}.{key} is gone"
            check_says(found[key], value, f"{where}.{key}")
    elif isinstance(was, list):
        assert len(found) == len(was), where
        for number, (one, other) in enumerate(zip(found, was, strict=True)):
            check_says(one, other, f"{where}[{number}]")
    elif isinstance(was, float):  # intervals are by scipy, of any version
        assert found == pytest.approx(was, rel=1e-9), where
    else:
        assert found == was, where


def files_of(folder: Path, key: str = "*") -> dict[Path, tuple[bytes, int]]:
    """Content and time of every file of a cell, or of all cells."""
    files = [file for file in folder.glob(f"cells/{key}/*") if file.is_file()]
    assert files
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


@pytest.mark.parametrize("name", ["finished-design", "finished-design/confirm", "finished-search"])
def test_a_finished_run_says_what_it_said(
    made: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copied(made, name.split("/")[0], tmp_path) / "/".join(name.split("/")[1:])
    was = expected(made, name.replace("/", "-"))
    check_says(rows(ablate.results(folder)), was["results"])
    check_says(json.loads(cli(capsys, "compare", folder, "--json"))["rows"], was["compare"])
    check_says(json.loads(cli(capsys, "status", folder, "--json")), was["status"])


def test_a_finished_design_is_not_trained_again(made: Path, tmp_path: Path) -> None:
    folder = copied(made, "finished-design", tmp_path)
    before = files_of(folder)
    found = ablate.run(study_of(made, folder.name), runs=folder.parent, devices=["cpu"])
    assert found.is_complete and found.trained == 0
    assert files_of(folder) == before
    check_says(rows(ablate.results(folder)), expected(made, folder.name)["results"])


def test_a_finished_search_is_told_to_be(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copied(made, "finished-search", tmp_path)
    before = files_of(folder)
    said = cli(capsys, "run", study_of(made, folder.name), "--runs", folder.parent)
    assert "complete: nothing to train" in said
    assert files_of(folder) == before
    check_says(rows(ablate.results(folder)), expected(made, folder.name)["results"])


def test_a_finished_search_goes_on_with_more_trials(made: Path, tmp_path: Path) -> None:
    """Its sampler and its pruner read what the record holds."""
    folder = copied(made, "finished-search", tmp_path)
    was = expected(made, folder.name)
    trials = was["status"]["search"]["trials"] + 1
    more = ablate.load_study(study_of(made, folder.name), sets=[f"budget.trials={trials}"])
    found = ablate.run(more, runs=folder.parent, devices=["cpu"], jobs=0)
    assert found.is_complete and found.total == trials
    table = {row["key"]: row for row in rows(ablate.results(folder))}
    for row in was["results"]:
        check_says(table.pop(row["key"]), row)
    trained = [row for row in table.values() if row["state"] != "infeasible"]
    assert [row["state"] in ("done", "pruned") for row in trained] == [True]


@pytest.mark.parametrize("name", ["finished-design", "finished-search"])
def test_a_finished_run_is_drawn_and_exported(
    made: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = copied(made, name, tmp_path), tmp_path / "best"
    cli(capsys, "plot", folder, "frontier", "--out", tmp_path / "frontier.png")
    assert (tmp_path / "frontier.png").read_bytes().startswith(b"\x89PNG")
    cli(capsys, "export", folder, "best", "--out", out)
    done = ablate.results(folder).query("state == 'done'")
    key = json.loads((out / "result.json").read_text(encoding="utf-8"))["key"]
    assert key in set(done["key"])
    parameters = sum(p.numel() for p in ablate.load(out).parameters())
    assert parameters == done.set_index("key")["params"][key]


def test_measurements_are_read(made: Path, tmp_path: Path) -> None:
    folder = copied(made, "measured", tmp_path)
    check_says(rows(ablate.results(folder)), expected(made, "measured")["results"])


def test_an_export_computes_what_it_computed(made: Path) -> None:
    name = "finished-design-best"
    images = torch.linspace(-2, 2, 2 * 64).reshape(2, 1, 8, 8)
    with torch.no_grad():
        found = ablate.load(made / name)(images)
    # Another machine sums in another order.
    torch.testing.assert_close(
        found, torch.tensor(expected(made, name)["logits"]), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("name", ["half-done", "killed"])
def test_whose_cell_it_was_is_told(
    made: Path,
    name: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cell in training has an owner that is gone, whom only its own host knows to be dead."""
    folder, was = copied(made, name, tmp_path), expected(made, name)
    check_says(rows(ablate.results(folder)), was["results"])
    check_says(json.loads(cli(capsys, "status", folder, "--json")), was["status"])
    assert was["status"]["states"] == {"done": 1, "running": 1, "waiting": 2}
    monkeypatch.setattr(socket, "gethostname", lambda: FIRST_HOST)  # restarted since
    states = json.loads(cli(capsys, "status", folder, "--json"))["states"]
    assert states == {"done": 1, "waiting": 3}


@pytest.mark.parametrize("name", ["half-done", "killed"])
def test_a_run_goes_on_where_it_stopped(made: Path, name: str, tmp_path: Path) -> None:
    """`half-done` was stopped by SIGTERM, `killed` with a transaction of SQLite under way."""
    folder, was = copied(made, name, tmp_path), expected(made, name)
    (done,) = [row for row in was["results"] if row["state"] == "done"]
    (begun,) = folder.glob("cells/*/checkpoint.pt")
    curve, finished = begun.parent / "curve.csv", files_of(folder, done["key"])
    epochs = curve.read_text(encoding="utf-8")
    assert len(epochs.splitlines()) == 1 + 3
    found = ablate.run(
        study_of(made, "half-done"), runs=folder.parent, name=name, devices=["cpu"], jobs=0
    )
    assert found.is_complete and found.trained == 3
    assert files_of(folder, done["key"]) == finished
    # With the seconds that they took, which no epoch takes twice.
    assert curve.read_text(encoding="utf-8").startswith(epochs)
    assert len(curve.read_text(encoding="utf-8").splitlines()) == 1 + 12
    assert not begun.exists()
    table = {row["key"]: row for row in rows(ablate.results(folder))}
    check_says(table[done["key"]], done)
    assert table.keys() == {row["key"] for row in was["uninterrupted"]}
    for row in was["uninterrupted"]:  # another torch trains to other numbers
        same = ("variant", "seed", "state", "split", "epochs", "params", "macs")
        assert {k: table[row["key"]][k] for k in same} == {k: row[k] for k in same}
        assert 0 <= table[row["key"]]["error"] <= 100
    assert table[begun.parent.name]["attempts"] == 2


def test_a_path_keeps_the_steps_that_were_decided(made: Path, tmp_path: Path) -> None:
    """It was stopped in its third round, which began with a step that does not beat the noise."""
    folder, was = copied(made, "half-path", tmp_path), expected(made, "half-path")
    check_says(rows(ablate.results(folder)), was["results"])
    compared = ablate.compare(folder)
    steps = compared.rows.dropna(subset="step")["variant"].tolist()
    assert steps == was["steps"] and "by the observed difference" in compared.shown
    done = {row["key"]: row for row in was["results"] if row["state"] == "done"}
    finished = {key: files_of(folder, key) for key in done}
    found = ablate.run(study_of(made, folder.name), runs=folder.parent, devices=["cpu"], jobs=0)
    assert found.is_complete and found.trained == len(was["results"]) - len(done)
    assert {key: files_of(folder, key) for key in done} == finished
    table = ablate.results(folder)
    assert table["variant"].tolist() == [row["variant"] for row in was["results"]]
    decided = ablate.compare(folder)
    assert decided.rows.dropna(subset="step")["variant"].tolist()[: len(steps)] == steps
    assert "by the observed difference" in decided.shown
    # The same study under another name has those cells, and decides by the noise.
    again = ablate.run(
        study_of(made, folder.name), runs=folder.parent, name="again", devices=["cpu"], jobs=0
    )
    assert again.trained == 0
    decided = ablate.compare(again.folder)
    assert decided.rows.dropna(subset="step")["variant"].tolist() == steps[:-1]
    assert "a chance of 5%" in decided.shown
