"""`ablate confirm`, and what status and export say of it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ablate
from tests.cli.conftest import call
from tests.conftest import PATIENCE, TINY_STUDY

SEARCH = """\
name: found
data: {dataset: digits, limit: 120, hold_out: 60}
recipe: {epochs: 1, schedule: one_cycle, lr: 0.05, batch_size: 32}
space: {family: densenet, depth: 7, growth_rate: {int: [4, 8], step: 2}, stem_channels: 4}
sampler: {name: grid}
objectives: {error: minimize, params: minimize}
"""


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search of three cells."""
    home = tmp_path_factory.mktemp("confirm")
    (home / "found.yaml").write_text(SEARCH, encoding="utf-8")
    ablate.run(home / "found.yaml", runs=home / "runs", jobs=0)
    return home / "runs" / "found"


def test_from_a_search_to_an_exported_network(
    searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "test set" not in call(capsys, "status", searched)[1]
    arguments = ("confirm", searched, "--seeds", 2, "--jobs", 0)
    code, out, err = call(capsys, *arguments)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    table = ablate.results(searched)
    best = table.loc[table["error"].idxmin()]
    k = best["growth_rate"]
    first = f"trial-{best['trial']} (best"
    assert lines[0].startswith(first) and f": found, growth rate {k}; validation" in lines[0]
    assert "trained on all training images, nothing is held out" in lines
    assert "digits error (%)" in lines
    assert any("validation error" in line and "test error" in line for line in lines)
    confirmed = ablate.results(searched / "confirm")
    page = searched / "confirm" / "report.html"
    assert lines[-2] == f"report: {page}" and "validation error" in page.read_text(encoding="utf-8")
    assert lines[-1] == f"complete: {len(confirmed)} of {len(confirmed)} cells are done, " + (
        f"trained {len(confirmed)}"
    )
    looked = (
        f"the test set was looked at once ({len(confirmed)} networks, for the run found), on 20"
    )
    assert sum(line.startswith(looked) for line in lines) == 1
    for folder in (searched, searched / "confirm"):
        assert looked in call(capsys, "status", folder)[1]
        assert json.loads(call(capsys, "status", folder, "--json")[1])["test_looks"] == 1

    code, out, _ = call(capsys, *arguments, "--json")
    document = json.loads(out)
    assert (code, document["trained"], document["test_looks"]) == (0, 0, 1)
    row = document["confirmed"][0]
    assert (row["validation_error"], row["validation_n"]) == (best["error"], 1)
    (look,) = document["looks"]
    assert look["errors"] == dict(zip(confirmed["key"], confirmed["error"], strict=True))
    assert (document["against"], look["verb"]) == (row["variant"], "confirm")
    own = confirmed[confirmed["variant"] == row["variant"]]["error"]
    assert (row["test_error"], row["test_n"]) == (pytest.approx(own.mean()), 2)

    (line,) = [line for line in lines if line.startswith("export a network: ")]
    program, *words = shlex.split(line.removeprefix("export a network: "))
    code, _, err = call(capsys, *words, "--out", tmp_path / "out")
    assert (program, code) == ("ablate", 0)
    assert err.startswith(row["variant"]) and "% test error" in err
    assert "The test set was looked at once (" in (tmp_path / "out/README.md").read_text("utf-8")


def test_the_confirmation_is_a_run_folder(
    searched: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "confirm", searched, "--seeds", 2, "--jobs", 0)
    code, out, _ = call(capsys, "compare", searched / "confirm")
    assert code == 0 and "digits test error (%)" in out.splitlines()[0]
    code, out, _ = call(capsys, "plot", searched / "confirm", "frontier")
    assert code == 0 and (searched / "confirm/figures/frontier.png").exists()
    code, _, err = call(capsys, "export", searched / "confirm", "best")
    assert code == 2 and "refused, as these errors are of the test set" in err


def test_what_cannot_be_meant_is_exit_2(searched: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in [
        (("--where", "params <= 1"), "met by none of the 3 finished points; the nearest has"),
        (("--seeds", 0), "Invalid value for '--seeds'"),
        (("knee", "bst"), "'bst' is no trial and no key"),
        (("--determinism", "none"), "must be one of fast, strict"),
    ]:
        code, out, err = call(capsys, "confirm", searched, *arguments)
        assert (code, out) == (2, "")
        assert message in err


def test_predicted_stands_beside_seen_and_a_first_look_beside_the_second(
    finished_tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = shutil.copytree(finished_tiny / "runs" / "tiny", tmp_path / "runs" / "tiny")
    arguments = ("confirm", run, "bc", "plain", "--jobs", 0, "--seeds")
    code, out, err = call(capsys, *arguments, 2)
    assert (code, err) == (0, "")
    table = ablate.results(run / "confirm").pivot(index="seed", columns="variant", values="error")
    seen = (table["bc depth=10"] - table["plain depth=7"]).mean()
    held_out = ablate.results(run).groupby("variant")["error"].mean()
    predicted = held_out["bc"] - held_out["plain"]
    lines = out.splitlines()
    start = next(
        i for i, line in enumerate(lines) if line.startswith("difference to plain depth=7")
    )
    (row,) = [line for line in lines[start:] if line.startswith(" bc depth=10 ")]
    assert f" {predicted:+.2f} [" in row and f" {seen:+.2f} [" in row
    (answer,) = [line for line in lines if line.startswith("Answer: ")]
    assert "on the test set" in answer and f"{seen:+.2f} [" in answer
    assert not any(line.startswith("look of ") for line in lines)

    out = call(capsys, *arguments, 3)[1]
    first, second = [line for line in out.splitlines() if line.startswith("look of 20")]
    means = table.mean()
    assert f"bc depth=10 {means['bc depth=10']:.2f} % (n=2)" in first
    assert "(n=1)" in second and "(n=2)" not in second


@pytest.mark.slow
def test_kill_a_confirmation_and_run_it_again(tmp_path: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    text = TINY_STUDY.replace("epochs: 2", "epochs: 12")
    (tmp_path / "tiny.yaml").write_text(text, encoding="utf-8")
    ablate.run(tmp_path / "tiny.yaml", runs=tmp_path / "runs", jobs=2)
    folder = tmp_path / "runs" / "tiny"
    command = [sys.executable, "-m", "ablate", "confirm", str(folder), "--jobs", "2"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while not list(folder.glob("confirm/cells/*/checkpoint.pt")):
        assert time.monotonic() < deadline, "no cell was begun"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "the test set was looked at once (" in done.stdout
    table = ablate.results(folder / "confirm")
    assert set(table["state"]) == {"done"} and set(table["seed"]) == {1000, 1001, 1002}
    assert not list(folder.glob("confirm/cells/*/checkpoint.pt"))
