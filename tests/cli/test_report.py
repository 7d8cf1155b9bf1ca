"""`ablate report`, and the page that every run ends with."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import call

pytestmark = pytest.mark.heavy


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "runs" / "tiny")


def test_a_run_ends_with_its_page(finished: Path) -> None:
    lines = (finished.parents[1] / "output").read_text(encoding="utf-8").splitlines()
    assert "report: runs/tiny/report.html" in lines
    assert "Does it run?" in (finished / "report.html").read_text(encoding="utf-8")


def test_a_run_for_programs_has_one_too(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / "report.html").unlink()
    code, out, _ = call(capsys, "run", run / "study.yaml", "--runs", run.parent, "--json")
    assert code == 0 and json.loads(out)["complete"]
    assert (run / "report.html").stat().st_size > 10_000


def test_a_run_does_not_fail_for_want_of_a_page(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(runs: object) -> str:
        raise ValueError("a template is broken")

    monkeypatch.setattr("ablate.page.html.html", broken)
    code, out, err = call(capsys, "run", run / "study.yaml", "--runs", run.parent)
    assert code == 0 and out.splitlines()[-1].startswith("complete: 4 of 4 cells are done")
    told = f"{run / 'report.html'}: was not written: a template is broken"
    assert told in err.splitlines() and "report:" not in out


def test_the_figures_of_a_run_have_their_captions_though_the_page_has_them_as_text(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(run / "figures")
    assert call(capsys, "run", run / "study.yaml", "--runs", run.parent)[0] == 0
    assert "Mean of n=2 seeds" in (run / "figures" / "frontier.svg").read_text(encoding="utf-8")


def test_the_commands_of_a_page_work(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = call(capsys, "report", run)
    assert (code, out) == (0, f"{run / 'report.html'}\n")
    text = (run / "report.html").read_text(encoding="utf-8")
    lines = [html.unescape(line) for line in re.findall("<code>(ablate .*?)</code>", text)]
    monkeypatch.chdir(run.parents[1])
    verbs = [shlex.split(line)[1] for line in lines]
    shutil.copy(run / "study.yaml", Path())  # which the page has as text
    assert verbs == ["run", "run", "status", "compare", "plot", "report", "export"]
    for line in lines:
        code, out, err = call(capsys, *shlex.split(line)[1:])
        assert code == 0, (line, err)
        assert "run" not in line.split()[1] or "nothing to train" in out


def test_bad_input_is_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "report", tmp_path / "nothing")
    assert (code, out) == (2, "") and err.count("\n") == 1 and "no such folder" in err
    code, _, err = call(capsys, "report", tmp_path, tmp_path / "other")
    assert code == 2 and "--out: several runs" in err
