"""`ablate measure`, of a study file and of a run; what the other verbs say of its folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ablate
from tests.cli.conftest import call
from tests.conftest import TINY_STUDY
from tests.measuring.conftest import TINY

MEASURED = json.dumps(TINY | {"profiles": {"one": {"sweep": {"depth": [10]}}}})
QUICK = ("--steps", 1, "--device", "cpu", "--threads", 1)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablate.measuring.networks.Watch.others", lambda watch: 0.0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, finished_tiny: Path) -> Path:
    """tiny.yaml, of kind: measure, and trained.yaml with its finished run, of four cells."""
    home = tmp_path_factory.mktemp("measure")
    (home / "tiny.yaml").write_text(MEASURED, encoding="utf-8")
    (home / "trained.yaml").write_text(TINY_STUDY, encoding="utf-8")
    shutil.copytree(finished_tiny / "runs" / "tiny", home / "runs" / "trained")
    return home


def test_plan_lists_networks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "plan", home / "tiny.yaml")
    assert (code, err) == (0, "")
    assert "images a step" in out and "time a cell" not in out
    assert out.splitlines()[-1] == "2 networks in 2 implementations: ablate-fast, torchvision"
    found = json.loads(call(capsys, "plan", home / "tiny.yaml", "--json")[1])
    assert [cell["sweep"] for cell in found["cells"]] == [{"depth": 10}, {"depth": 16}]


def test_a_study_is_measured_drawn_and_taken_up_again(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ("measure", home / "tiny.yaml", "--runs", tmp_path, *QUICK)
    code, out, err = call(capsys, *command, "--profile", "one")
    assert (code, err) == (0, "")
    folder = tmp_path / "tiny@one"
    assert out.startswith("[1/1] BC depth=10: ablate-fast ")
    assert out.splitlines()[-2:] == [
        f"memory: {folder / 'figures' / 'memory.png'}",
        f"measurements: {folder / 'measurements.csv'}",
    ]
    before = (folder / "measurements.csv").read_bytes()
    again = call(capsys, "measure", folder, *QUICK, "--json")
    assert again[0] == 0 and [row["depth"] for row in json.loads(again[1])] == [10, 10]
    assert (folder / "measurements.csv").read_bytes() == before
    table = ablate.results(folder)
    assert table["profile"].eq("one").all() and table["step_seconds"].notna().all()
    assert call(capsys, "plot", folder)[1].splitlines()[0].endswith("memory.png")


def test_other_verbs_say_what_the_folder_is(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "measure", home / "tiny.yaml", "--runs", tmp_path, "--profile", "one", *QUICK)
    folder = tmp_path / "tiny@one"
    message = f"{folder}: its networks were measured and not trained; `ablate plot` draws that\n"
    for arguments in (("status",), ("compare",), ("confirm",), ("export", "best")):
        verb, *rest = arguments
        assert call(capsys, verb, folder, *rest) == (2, "", message)


def test_run_names_the_verb_for_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = "tiny: is of kind: measure, so nothing trains; `ablate measure` measures it\n"
    assert call(capsys, "run", home / "tiny.yaml") == (2, "", expected)
    expected = "tiny: is to be trained; `ablate run` it, then `ablate measure` the folder\n"
    assert call(capsys, "measure", home / "trained.yaml") == (2, "", expected)
    with pytest.raises(ablate.errors.UsageError, match="kind: measure"):
        ablate.run(home / "tiny.yaml")


def test_a_run_is_measured_and_its_results_have_the_times(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = home / "runs" / "trained"
    before = ablate.results(folder)
    assert before["latency_seconds"].isna().all()
    assert "latency" not in call(capsys, "compare", folder)[1]
    code, out, err = call(capsys, "measure", folder, "--steps", 1, "--device", "cpu")
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()[:2]] == [
        "[1/2] plain depth=7",
        "[2/2] bc depth=10",
    ]
    table = ablate.results(folder)
    # Which is longer is the machine's business: each is of a moment of its own.
    assert table[["step_seconds", "latency_seconds"]].gt(0).all(axis=None)
    assert table.groupby("variant")["latency_seconds"].nunique().eq(1).all()  # seeds share it
    heads = call(capsys, "compare", folder)[1].splitlines()[0].split("\t")
    assert {"step time", "latency"} <= set(heads)
    code, out, _ = call(capsys, "plot", folder, "frontier", "--cost", "latency_seconds")
    assert code == 0 and out.splitlines()[0].endswith("frontier-latency_seconds.png")
    slowest = table["latency_seconds"].max()
    code, _, err = call(
        capsys, "export", folder, "best", "--out", home / "quick", "--where",
        f"latency_seconds < {slowest}",
    )  # fmt: skip
    assert code == 0, err
    card = (home / "quick" / "README.md").read_text(encoding="utf-8")
    assert "| measured | latency of one image " in card and ", median of n=1) |" in card


def test_a_run_in_training_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ablate.records import Summary

    folder = home / "runs" / "trained"
    busy = Summary(folder, {"done": 3, "running": 1}, 0, 0, {})
    monkeypatch.setattr("ablate.records.summary", lambda folder: busy)
    code, _, err = call(capsys, "measure", folder, "--again")
    assert code == 5
    assert err == (
        f"{folder}: 1 cell is in training, so times would be theirs too; wait for `ablate run` "
        "to end, or measure anyway with --busy\n"
    )


def test_a_folder_takes_no_options_of_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "runs" / "trained"
    message = f"{folder}: is a run folder; --profile, --set and --as are for study files\n"
    assert call(capsys, "measure", folder, "--profile", "one") == (2, "", message)
    assert call(capsys, "measure", folder, "--memory", "much")[0] == 2
