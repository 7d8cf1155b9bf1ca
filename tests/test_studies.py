"""Every study file in `studies/`: plans under every profile, and its smoke profile runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import ablate
from ablate import api
from ablate.report import figures_of, plot
from ablate.spec import Study
from ablate.spec.reading import read_yaml

STUDIES = sorted((Path(__file__).parents[1] / "studies").glob("*.yaml"))


def profiles(path: Path) -> list[str]:
    found = read_yaml(path.read_text(encoding="utf-8"), path.name).get("profiles")
    return ["", *(name for name, _ in found.items())] if found else [""]


def study_of(path: Path, profile: str) -> Study:
    return ablate.load_study(path, profile=profile)


def test_there_are_studies() -> None:
    assert {path.stem for path in STUDIES} >= {"quickstart", "c10_variants"}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_has_a_question_and_a_smoke_profile(path: Path) -> None:
    assert study_of(path, "").file.question.endswith("?")
    assert "smoke" in profiles(path)


@pytest.mark.parametrize(
    ("path", "profile"), [(path, profile) for path in STUDIES for profile in profiles(path)]
)
def test_plan(path: Path, profile: str, tmp_path: Path) -> None:
    study = study_of(path, profile)
    if study.search:
        assert len(ablate.preview(study, data=tmp_path).feasible) >= 8
        return
    if study.is_measured and profile != "smoke":  # counting its deepest networks takes a minute
        assert len({cell.cell.key for cell in study.cells()}) == len(study.points)
        return
    found = ablate.plan(study, data=tmp_path)
    assert found.cells
    assert all(cell.params > 0 and cell.peak_bytes > 0 for cell in found.cells)
    assert len(found.keys) == len(found.cells)  # no cell under two names


@pytest.mark.usefixtures("trains_here")
@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_smoke(path: Path, tmp_path: Path) -> None:
    study = study_of(path, "smoke")
    if study.is_measured:
        table = api.measure(path, profile="smoke", runs=tmp_path, steps=1, busy=True)
        assert table["step_seconds"].notna().any()
        assert (table["step_seconds"].notna() | table["reason"].ne("")).all()
        (figure,) = api.plot(table.attrs["folder"])
        assert figure[0] == "memory" and figure[1][0].stat().st_size > 1000
        return
    if study.file.data.dataset == "cifar10" and "ABLATE_DATA" not in os.environ:
        pytest.skip("needs the CIFAR-10 images in ABLATE_DATA")
    assert ablate.run(study, runs=tmp_path).exit_code == 0
    folder = tmp_path / study.title
    table = ablate.results(folder)
    for figure in figures_of(folder, table):
        for written in plot(figure, folder, table, "x"):
            assert written.stat().st_size > 1000
