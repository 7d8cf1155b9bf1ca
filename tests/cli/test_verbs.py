"""Every verb of the command line is a function, and says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from matplotlib.figure import Figure

import ablate
from ablate.cli import main
from ablate.cli.app import app
from ablate.errors import SpecError, UsageError

Capture = pytest.CaptureFixture[str]
SMALL: dict[str, Any] = {"family": "densenet", "depth": 10, "growth_rate": 4}
STUDY: dict[str, Any] = {
    "name": "small",
    "data": {"dataset": "digits"},
    "variants": {"small": SMALL},
    "seeds": [0, 1],
}


@pytest.fixture(scope="session")
def run(finished_by_two: Path) -> Path:
    return finished_by_two / "runs" / "tiny"


def printed(capsys: Capture, *arguments: object) -> str:
    """What a command prints; it is to succeed."""
    with pytest.raises(SystemExit) as caught:
        main([*map(str, arguments)])
    assert caught.value.code in (0, None)
    return capsys.readouterr().out


def test_every_verb_is_a_function() -> None:
    verbs = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert verbs - set(ablate.__all__) == {"init", "schema", "db", "dashboard"}
    assert "rebuild" in ablate.__all__  # of `db`


@pytest.mark.parametrize("options", [{}, {"more_seeds": True}])
def test_status(run: Path, capsys: Capture, options: dict[str, bool]) -> None:
    status = ablate.status(run, **options)
    words = [f"--{name.replace('_', '-')}" for name in options]
    said = json.loads(printed(capsys, "status", run, "--json", *words))
    assert said == json.loads(json.dumps(status.document(), default=str))
    assert status.summary.states == {"done": 4}
    assert "done" in str(status) and "done" in status._repr_html_()


def test_a_comparison_shows_its_tables_and_its_answer(run: Path, capsys: Capture) -> None:
    compared = ablate.compare(run, everything=True)
    said = json.loads(printed(capsys, "compare", run, "--json"))
    assert said == json.loads(json.dumps(compared.document(), default=str))
    html = compared._repr_html_()
    assert html.count("<table") == len(compared.lines.index[:1]) + 1
    assert all(name in html for name in ("plain", "bc")) and "<script" not in html


def test_a_figure_is_drawn_and_written_when_that_is_asked_for(run: Path, tmp_path: Path) -> None:
    before = sorted(run.rglob("*"))
    figure = ablate.plot(run, "frontier", cost="macs")
    assert isinstance(figure, Figure) and len(figure.axes) >= 1
    png, size = figure._repr_png_()
    assert png.startswith(b"\x89PNG") and size["width"] > 200
    assert sorted(run.rglob("*")) == before
    paths = figure.save(tmp_path / "new")
    assert [path.name for path in paths] == ["frontier-macs.png", "frontier-macs.svg"]
    assert figure.save(tmp_path / "one.pdf", size="86x66mm") == [tmp_path / "one.pdf"]
    assert all(path.stat().st_size > 1000 for path in (*paths, tmp_path / "one.pdf"))
    with pytest.raises(UsageError, match="unknown figure `fronteer`"):
        ablate.plot(run, "fronteer")


def test_without_a_name_it_is_all_figures(run: Path, tmp_path: Path) -> None:
    figures = ablate.plot(run)
    assert {"frontier", "curves"} <= set(figures) and not figures.missing
    html = figures._repr_html_()
    assert html.count("data:image/png;base64,") == len(figures)
    assert {path.suffix for path in figures.save(tmp_path, format="svg")} == {".svg"}
    with pytest.raises(UsageError, match="name the figure"):
        figures.save(tmp_path / "all.png")


def test_an_export_is_a_folder_that_loads(run: Path, tmp_path: Path) -> None:
    folder = ablate.export(run, "bc", tmp_path / "out")
    assert folder == tmp_path / "out" and not ablate.load(folder).training


def test_doctor(tmp_path: Path, capsys: Capture) -> None:
    found = ablate.doctor(STUDY, runs=tmp_path)
    assert {"ablate", "torch", "images"} <= {check.name for check in found.checks}
    assert found.state in found._repr_html_()
    with pytest.raises(SpecError, match="unknown key"):
        ablate.doctor({**STUDY, "sead": 1})


@pytest.mark.parametrize("scheduler", ["slurm", "k8s"])
def test_launch(scheduler: str, run: Path, tmp_path: Path, capsys: Capture) -> None:
    study = run.parents[1] / "tiny.yaml"
    options = {"jobs": 2, "download": True, "log": ["tensorboard", "wandb"]}
    text = ablate.launch(scheduler, study, workers=7, options=options)
    words = ("--workers", 7, "--", "--jobs=2", "--download", "--log=tensorboard", "--log=wandb")
    assert text == printed(capsys, "launch", scheduler, study, *words)
    for wrong, said in (
        ({"workers": 0}, "workers: must be >= 1, got 0"),
        ({"options": {"job": 2}}, "unknown `job`. Did you mean `jobs`?"),
        ({"options": {"log": [print]}}, "`log` must be text that a script can hold"),
        ({"sets": ["recipe.epochs=1"]}, "--as NAME"),
    ):
        with pytest.raises(UsageError, match=said.replace("?", "[?]")):
            ablate.launch(scheduler, study, **wrong)
    with pytest.raises(UsageError, match="must be slurm or k8s, got `slurn`"):
        ablate.launch("slurn", study)


def test_where_a_study_is_wanted_a_map_will_do(tmp_path: Path) -> None:
    read = ablate.load_study(STUDY)
    assert ablate.plan(STUDY) == ablate.plan(read)
    measured = {key: value for key, value in STUDY.items() if key != "seeds"}
    measured |= {"kind": "measure", "implementations": ["ablate-fast"]}
    assert len(ablate.measure(measured, runs=tmp_path, steps=1, busy=True, device="cpu")) == 1
    for verb in (ablate.plan, ablate.run):
        with pytest.raises(SpecError, match="study: sead: unknown key `sead`"):
            verb({**STUDY, "sead": 1})
        with pytest.raises(UsageError, match="study: must be a study, its file, or a map of it"):
            verb(3)  # type: ignore[operator]


def test_a_map_is_trained(tmp_path: Path) -> None:
    heard: list[str] = []
    study = {**STUDY, "data": {"dataset": "digits", "limit": 64}, "recipe": {"epochs": 1}}
    summary = ablate.run(
        study,
        runs=tmp_path,
        jobs=0,
        devices=["cpu"],
        on_event=lambda event: heard.append(event["kind"]),
    )
    assert summary.trained == 2 and heard.count("end") == 2
    assert "done" in summary._repr_html_()
