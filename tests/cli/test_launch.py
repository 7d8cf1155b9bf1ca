"""`ablate launch`: what is asked is checked, and printed or written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import call

Capture = pytest.CaptureFixture[str]


def test_options_of_run_are_handed_on(tiny_study: Path, capsys: Capture) -> None:
    options = [
        "--profile",
        "long",
        "--",
        "--data",
        "my data",
        "--jobs",
        "2",
        "--set",
        "seeds=[0, 1, 2]",
    ]
    code, out, err = call(capsys, "launch", "slurm", tiny_study, *options)
    assert (code, err) == (0, "")
    handed = "--profile=long --data 'my data' --jobs 2 --set 'seeds=[0, 1, 2]' &"
    assert f"ablate run {tiny_study} {handed}" in out
    assert "study tiny@long" in out and "runs/tiny@long" in out


@pytest.mark.parametrize("scheduler", ["slurm", "k8s"])
def test_a_file_is_written_over_when_that_is_asked_for_alone(
    tiny_study: Path, tmp_path: Path, capsys: Capture, scheduler: str
) -> None:
    path = tmp_path / "out" / "script"
    command = ("launch", scheduler, tiny_study, "--out", path)
    assert call(capsys, *command) == (0, "", "")
    path.write_text("mine", encoding="utf-8")
    code, _, err = call(capsys, *command)
    assert (code, err) == (2, f"{path}: is there already; --force writes over it\n")
    assert path.read_text(encoding="utf-8") == "mine"
    assert call(capsys, *command, "--force")[0] == 0
    assert "ablate launch" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--", "--sead", "1"], "No such option"),
        (["--", "--jobs", "many"], "'--jobs'"),
        (["--set", "recipe.epochs=1"], "name its folder with --as NAME"),
        (["--profile", "lang"], "long"),
        (["--time", "4h"], "must be like 4:00:00"),
        (["--partition", "a b"], "must be like short,long"),
        (["--workers", "0"], "'--workers'"),
    ],
)
def test_what_could_not_run_is_refused(
    tiny_study: Path, capsys: Capture, options: list[str], said: str
) -> None:
    code, out, err = call(capsys, "launch", "slurm", tiny_study, *options)
    assert (code, out) == (2, "")
    assert said in " ".join(err.replace("│", " ").split())


def test_amounts_are_those_of_kubernetes(tiny_study: Path, capsys: Capture) -> None:
    code, _, err = call(capsys, "launch", "k8s", tiny_study, "--memory", "16 GB")
    assert code == 2 and "must be like 16Gi" in err


@pytest.mark.parametrize("scheduler", ["slurm", "k8s"])
def test_a_password_is_written_into_no_script(
    scheduler: str, tiny_study: Path, tmp_path: Path, capsys: Capture
) -> None:
    out, url = tmp_path / "script", "postgresql+psycopg://ada:s3cret@db.example/ablate"
    code, shown, err = call(
        capsys, "launch", scheduler, tiny_study, "--out", out, "--", "--storage", url
    )
    assert code == 2 and "leave the password out" in err
    assert not out.exists() and "s3cret" not in shown + err
