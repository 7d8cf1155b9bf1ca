"""The command line: exit codes, output for people and for programs, bad input."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import ablate
from ablate import analysis, engine
from ablate.cli import main
from tests.conftest import TINY_STUDY

BROKEN = sorted((Path(__file__).parents[1] / "broken_studies").glob("*.yaml"))


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and error output of a command."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`runs/tiny`, finished by the command itself; what it printed lies beside as `output`."""
    home = tmp_path_factory.mktemp("cli")
    (home / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ablate", "run", "tiny.yaml", "--jobs", "2"],
        cwd=home,
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (home / "output").write_text(done.stdout, encoding="utf-8")
    return home / "runs" / "tiny"


def test_run_shows_progress_a_table_a_picture_and_the_way_on(finished: Path) -> None:
    output = (finished.parents[1] / "output").read_text(encoding="utf-8")
    lines = output.splitlines()
    assert lines[0].startswith("runs/tiny: 4 cells, 0 of them done, about ")
    assert sum(line.startswith("[") and "error" in line for line in lines) == 4
    assert "digits validation error" in output
    assert "frontier: runs/tiny/figures/frontier.png" in lines
    assert "export a network: ablate export runs/tiny best" in lines
    assert lines[-1] == "complete: 4 of 4 cells are done, trained 4"
    assert "\x1b" not in output
    for name in ("frontier.png", "frontier.svg", "curves.png", "curves.svg"):
        assert (finished / "figures" / name).stat().st_size > 1000
    assert (finished / "results.csv").read_text(encoding="utf-8").startswith("study,profile,key")


def test_a_finished_study_says_so(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = finished.parents[1] / "tiny.yaml"
    code, out, _ = call(capsys, "run", study, "--runs", finished.parent)
    assert code == 0
    assert out.splitlines()[-1] == "complete: 4 of 4 cells are done, nothing to train"


def test_run_as_json(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = finished.parents[1] / "tiny.yaml"
    code, out, _ = call(capsys, "run", study, "--runs", finished.parent, "--json")
    found = json.loads(out)
    assert (code, found["complete"], found["states"]) == (0, True, {"done": 4})


def test_status(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "status", finished)
    assert code == 0 and "done" in out and "4" in out
    code, out, _ = call(capsys, "status", finished, "--json")
    assert json.loads(out)["states"] == {"done": 4}


def test_compare(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "compare", finished)
    head, *rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0
    assert head[:3] == ["variant", "depth", "digits validation error (%)"]
    assert [row[:2] for row in rows] == [["plain", "7"], ["bc", "10"]]
    assert all("±" in row[2] and "(n=2)" in row[2] for row in rows)
    assert "95% t interval" in err
    code, out, _ = call(capsys, "compare", finished, "--json")
    assert [row["variant"] for row in json.loads(out)] == ["plain", "bc"]


def test_compare_published(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "compare", finished, "--published")
    assert code == 2 and "one of table2, fig3, fig10" in err
    copy = shutil.copytree(finished, tmp_path / "tiny")
    head = json.loads((copy / "plan.json").read_text(encoding="utf-8"))
    head |= {"published": "table2", "subject": "C10+"}
    for cell in head["cells"]:
        if cell["variant"] == "bc":
            cell |= {"variant": "DenseNet-BC", "params": 769_162}
    (copy / "plan.json").write_text(json.dumps(head), encoding="utf-8")
    code, out, err = call(capsys, "compare", copy, "--published")
    lines = [line.split("\t") for line in out.splitlines()]
    assert code == 0 and lines[0][-2:] == ["published", "ours - published"]
    assert lines[1][-2:] == ["", ""] and lines[2][-2] == "4.51" and lines[2][-1].startswith("+")
    assert "published: test error, epochs 300 (CVPR 2017 Table 2); ours: validation error" in err
    code, out, _ = call(capsys, "compare", copy, "--published", "--json")
    plain, bc = json.loads(out)
    assert plain["published"] is None and bc["published_source"] == "CVPR 2017 Table 2"
    assert bc["published_difference"] == pytest.approx(bc["error"] - 4.51)


def test_compare_at_equal_error(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "compare", finished, "--equal-error", "--cost", "macs")
    lines = [line.split("\t") for line in out.splitlines()]
    assert code == 0 and [line[0] for line in lines] == ["variant", "bc"]
    assert lines[1][-1] == "bc has one point with this cost, which is no curve"
    assert err.startswith("ratio: MACs per image, the variant's over plain's at equal error")
    code, out, _ = call(capsys, "compare", finished, "--equal-error", "--json")
    (row,) = json.loads(out)
    assert (row["variant"], row["n"], row["ratio"]) == ("bc", 0, None)
    for arguments, message in (
        (("--equal-error", "--all"), "--equal-error: is a table of its own"),
        (("--cost", "macs"), "--cost: is read only with --equal-error"),
        (("--equal-error", "--cost", "mac"), "Did you mean `macs`?"),
    ):
        code, _, err = call(capsys, "compare", finished, *arguments)
        assert code == 2 and message in err


def test_plot(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plot", finished, "frontier", "--cost", "macs")
    assert code == 0
    assert [Path(line).name for line in out.splitlines()] == [
        "frontier-macs.png",
        "frontier-macs.svg",
    ]
    code, out, _ = call(capsys, "plot", finished, "--variant", "bc", "--rescale", "column")
    assert [Path(line).stem for line in out.splitlines()] == ["weights-bc-column"] * 2
    code, _, err = call(capsys, "plot", finished, "--variant", "bc", "--cost", "macs")
    assert (code, err.strip()) == (2, "no figure of this run takes --cost and --variant")
    code, _, err = call(capsys, "plot", finished, "fronteer")
    assert (code, err.strip()) == (2, "unknown figure `fronteer`. Did you mean `frontier`?")


def test_plot_elsewhere(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plot", finished, "frontier", "--out", tmp_path / "new")
    assert code == 0 and sorted(map(str, (tmp_path / "new").iterdir())) == out.split()
    code, out, _ = call(capsys, "plot", finished, "curves", "--out", tmp_path / "mine.svg")
    assert (code, out.split()) == (0, [str(tmp_path / "mine.svg")])
    code, _, err = call(capsys, "plot", finished, "--out", tmp_path / "mine.svg")
    assert code == 2 and err.startswith("--out: is one file; name the figure that is to be in")
    code, _, err = call(capsys, "plot", finished, "curves", "--out", tmp_path / "mine.gif")
    assert code == 2 and "a file that ends in .png or .svg, got " in err
    (tmp_path / "file").touch()
    code, _, err = call(capsys, "plot", finished, "curves", "--out", tmp_path / "file" / "x")
    assert (code, err) == (5, f"{tmp_path}/file/x: Not a directory\n")


def test_where_nothing_can_be_kept_plan_works_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    monkeypatch.setenv("ABLATE_CACHE", str(tmp_path / "file" / "cache"))
    code, out, _ = call(capsys, "plan", tmp_path / "tiny.yaml")
    assert code == 0 and "4 cells, about " in out


def test_export(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "export", finished, "best", "--out", tmp_path / "best")
    assert (code, out.strip()) == (0, str(tmp_path / "best"))
    assert "(n=2) % validation error, " in err
    assert err.endswith(" parameters. Chosen for the lowest mean validation error.\n")
    assert not ablate.load(tmp_path / "best").training
    code, _, err = call(capsys, "export", finished, "best", "--out", tmp_path / "best")
    choice, _ = analysis.choose(ablate.results(finished), "best")
    key = choice.keys[0]
    assert code == 2 and f"is already there with cell {key[:8]}; remove it" in err
    code, _, err = call(capsys, "export", finished, "bst", "--out", tmp_path / "other")
    assert code == 2 and "'bst' is no variant and no key; one of best, knee, plain, bc" in err
    assert not (tmp_path / "other").exists()


def test_export_where(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    params = ablate.results(finished).groupby("variant")["params"].first()
    small = params.idxmin()
    out = tmp_path / "out"
    condition = f"params <= {params.min()} and error >= 0"
    assert call(capsys, "export", finished, "best", "--where", condition, "--out", out)[0] == 0
    card = (out / "README.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {small}, depth")
    assert f"Chosen for the lowest mean validation error where {condition}; its first seed." in card
    again = ("export", finished, "best", "--out", tmp_path / "other", "--where")
    code, _, err = call(capsys, *again, "params <= 0.5k", "--where", "error < 50")
    assert code == 2
    assert f"met by none of the 2 finished points; the nearest has {params.min()}: {small}" in err
    code, _, err = call(capsys, *again, "parms <= 0.5k")
    assert code == 2 and "Did you mean `params`?" in err


def test_plan(tiny_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plan", tiny_study)
    assert code == 0
    assert "4 cells, about" in out
    assert not (tiny_study.parent / "runs").exists()
    code, out, _ = call(capsys, "plan", tiny_study, "--json")
    assert [cell["seed"] for cell in json.loads(out)["cells"]] == [0, 1, 0, 1]


def test_plan_with_profile_and_settings(
    tiny_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("plan", tiny_study, "--json", "--profile", "long", "--set", "seeds=[5]")
    _, out, _ = call(capsys, *arguments)
    cells = json.loads(out)["cells"]
    assert [(cell["seed"], cell["epochs"]) for cell in cells] == [(5, 40), (5, 40)]


def test_settings_that_change_cells_need_a_name(
    tiny_study: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_study.parent)
    code, _, err = call(capsys, "run", tiny_study, "--set", "recipe.epochs=1")
    assert code == 2 and "--as NAME" in err
    assert not (tiny_study.parent / "runs").exists()


def test_cost(capsys: pytest.CaptureFixture[str]) -> None:
    text = "{family: densenet, depth: 100, bottleneck_width: 4, compression: 0.5}"
    code, out, _ = call(capsys, "cost", text)
    assert code == 0
    assert "769,162 parameters; 287.9M MACs" in out
    _, out, _ = call(capsys, "cost", text, "--json")
    assert json.loads(out)["macs"] == 287_929_692


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "schema")
    assert code == 0 and json.loads(out)["title"] == "ablate study"


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--version")[1].strip() == f"ablate {ablate.__version__}"
    code, out, _ = call(capsys, "--help")
    assert code == 0
    for verb in ("plan", "run", "status", "compare", "plot", "confirm", "export", "cost", "schema"):
        assert f"  {verb} " in out


@pytest.mark.parametrize("verb", ["plan", "run"])
@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_studies_exit_2_and_write_nothing(
    verb: str,
    path: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call(capsys, verb, path)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert all(line.startswith(str(path.parent)) for line in err.splitlines())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["plan", "no/such.yaml"], 2, "no/such.yaml: no such file"),
        (["plan", "."], 2, "is a folder, not a file"),
        (["status", "runs/none"], 2, "no such folder; `ablate run STUDY` makes one"),
        (["cost", "{family: densnet}"], 2, "Did you mean `densenet`?"),
        (["cost", "{family: densenet, depth: 41}"], 2, "nearest: 40 and 43"),
        (["cost", "{family: densenet, depth: 40}", "--batch-size", "0"], 2, "must be >= 1"),
        (["plan", "x.yaml", "--jobs", "-1"], 2, "Invalid value for '--jobs'"),
        (["train"], 2, "No such command"),
        (["run"], 2, "Missing argument"),
    ],
)
def test_bad_commands(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found, out, err = call(capsys, *arguments)
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("none", "must be a whole number >= 1 or auto, got 'none'"),
        ("0", "must be a whole number >= 1 or auto, got '0'"),
        ("2", "--per-device: is for GPUs; on the CPU --jobs says how many cells train"),
        ("auto", "--per-device: is for GPUs; on the CPU --jobs says how many cells train"),
    ],
)
def test_devices_are_shared_only_where_it_can_be(
    tiny_study: Path, number: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tiny_study.parent / "runs"
    code, _, err = call(
        capsys, "run", tiny_study, "--runs", runs, "--devices", "cpu", "--per-device", number
    )
    assert (code, runs.exists()) == (2, False)
    assert message in " ".join(err.replace("│", " ").split())


def test_missing_data_is_exit_5(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    tiny_study.write_text(text.replace("digits", "cifar10"), encoding="utf-8")
    nowhere = tmp_path / "nowhere"
    arguments = ("run", tiny_study, "--data", nowhere, "--runs", tmp_path / "runs")
    code, _, err = call(capsys, *arguments)
    assert code == 5
    for way in ("--download", "cifar10.npz", "--data FOLDER", "ABLATE_DATA"):
        assert way in err
    assert not (tmp_path / "runs").exists()


def test_a_place_that_cannot_be_written_is_exit_5(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = call(capsys, "run", tiny_study, "--runs", tmp_path / "file" / "runs")
    assert code == 5
    assert "Not a directory" in err and "Traceback" not in err


@pytest.mark.parametrize(("device", "code"), [("abacus", 2), ("cuda:99", 5)])
def test_unusable_devices(
    device: str, code: int, tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("run", tiny_study, "--devices", device, "--runs", tmp_path / "runs")
    found, _, err = call(capsys, *arguments)
    assert found == code
    assert device in err and "Traceback" not in err


def test_an_interrupt_before_training_is_exit_75(
    tiny_study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "plan", interrupted)
    code, _, err = call(capsys, "run", tiny_study, "--runs", tmp_path / "runs")
    assert (code, err) == (75, "stopped by SIGINT; the same command goes on from there\n")


def test_a_run_on_the_test_set_says_how_to_export_without_choosing(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    text = text.replace("hold_out: 60", "evaluate: test").replace("[7]", "[7, 10]")
    tiny_study.write_text(text, encoding="utf-8")
    runs = tmp_path / "my runs"
    code, out, _ = call(capsys, "run", tiny_study, "--runs", runs, "--jobs", 0)
    (line,) = [line for line in out.splitlines() if line.startswith("export a network: ")]
    program, *arguments = shlex.split(line.removeprefix("export a network: "))
    assert (code, program) == (0, "ablate")
    assert call(capsys, *arguments, "--out", tmp_path / "out")[0] == 0


def test_holes_are_exit_3(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    tiny_study.write_text(text.replace("lr: 0.05", "lr: 1.0e+30"), encoding="utf-8")
    code, out, err = call(capsys, "run", tiny_study, "--runs", tmp_path / "runs", "--jobs", 0)
    assert code == 3
    assert "plain depth=7 seed=0: diverged: the loss was not finite in epoch" in err
    way_on = "run again with --retry diverged to try them again"
    assert out.splitlines()[-1] == f"holes: 4 diverged; {way_on}"


def test_runner_of_typer_agrees() -> None:
    """The app itself, without `main`, is a plain typer app."""
    from ablate.cli import app

    result: Any = CliRunner().invoke(app, ["--version"])
    assert result.output.strip() == f"ablate {ablate.__version__}"
