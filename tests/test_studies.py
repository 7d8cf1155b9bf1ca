"""Every study file in `studies/`: plans under every profile, and its smoke profile runs."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import ablate
from ablate import figures, measuring
from ablate.analysis import read_results
from ablate.cells import DATASETS
from ablate.figures import Run, figures_of
from ablate.study import Study, read_whole

STUDIES = sorted((Path(__file__).parents[1] / "studies").glob("*.yaml"))

# The others' smoke is for `pytest -m slow`: minutes for all of them.
SMOKED = {"quickstart", "c10_variants", "search_bc", "path_recipe", "fig5", "fig4"}
SLOW = pytest.mark.slow
# Whose networks at paper scale are dozens and deep: counting those of one study takes up to a
# minute. What can be wrong with their profiles is found without counting, by `test_cells`.
DEEP = {
    *("fig2_middle", "fig2_right", "fig8_partial_connectivity"),
    *(f"fig6_{what}" for what in ("bottleneck_width", "compression", "growth_rate")),
    *(f"fig6_{what}_imagenet" for what in ("bottleneck_width", "compression", "growth_rate")),
}


def profiles(path: Path) -> list[str]:
    found = read_whole(path).get("profiles")
    return ["", *(name for name, _ in found.items())] if found else [""]


def study_of(path: Path, profile: str) -> Study:
    return ablate.load_study(path, profile=profile)


def noise(folder: Path, classes: int) -> list[str]:
    """What puts 500 images of noise in place of a study's data, which is not at hand."""
    generator, arrays = np.random.default_rng(0), {}
    for part, images in {"train": 400, "test": 100}.items():
        arrays[f"x_{part}"] = generator.integers(0, 256, (images, 32, 32, 3), dtype=np.uint8)
        arrays[f"y_{part}"] = np.arange(images) % classes
    np.savez(folder / "noise.npz", **arrays)
    return ["data.dataset=arrays", "data.name=noise", "published="]


def test_there_are_studies() -> None:
    assert {path.stem for path in STUDIES} >= {"quickstart", "c10_variants"}


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_has_a_question_and_a_smoke_profile(path: Path) -> None:
    assert study_of(path, "").file.question.endswith("?")
    assert "smoke" in profiles(path)


# No cell under two names, but where rules that differ in deeper blocks come to the same.
SHARED = {("fig8_partial_connectivity", "cpu"): 6}


def is_slow_to_plan(path: Path, profile: str) -> bool:
    # Much of Table 2 is the same networks with other data.
    again = path.stem.startswith("table2") and path.stem != "table2_c10_plus"
    deep = path.stem in DEEP and profile not in ("smoke", "cpu")
    return again or deep or (path.stem, profile) == ("search_bc", "short")


EVERY_PROFILE = [(path, profile) for path in STUDIES for profile in profiles(path)]


@pytest.mark.parametrize(
    ("path", "profile"),
    EVERY_PROFILE,
    ids=[f"{p.stem}-{name or 'whole'}" for p, name in EVERY_PROFILE],
)
def test_cells(path: Path, profile: str) -> None:
    """What a plan says before anything is counted; searches and matches have no cells by then."""
    study = study_of(path, profile)
    if study.search:
        assert study.search.space.knobs
    elif not any(point.goal for point in study.points):
        cells = study.cells()
        keys = {cell.cell.key for cell in cells}
        assert len(keys) == len(cells) - SHARED.get((path.stem, profile), 0) > 0


@pytest.mark.parametrize(
    ("path", "profile"),
    [
        pytest.param(
            path,
            profile,
            id=f"{path.stem}-{profile or 'whole'}",
            marks=[SLOW] * is_slow_to_plan(path, profile),
        )
        for path, profile in EVERY_PROFILE
    ],
)
@pytest.mark.heavy
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
    assert len(found.keys) == len(found.cells) - SHARED.get((path.stem, profile), 0)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[] if path.stem in SMOKED else [SLOW])
        for path in STUDIES
    ],
)
@pytest.mark.heavy
def test_smoke(path: Path, tmp_path: Path) -> None:
    study = study_of(path, "smoke")
    if study.is_measured:
        table = measuring.measure(path, profile="smoke", runs=tmp_path, steps=1, busy=True)
        assert table["step_seconds"].notna().any()
        assert (table["step_seconds"].notna() | table["reason"].ne("")).all()
        drawn = figures.plot(table.attrs["folder"])
        assert [*drawn] == ["memory"] and drawn.save()[0].stat().st_size > 1000
        return
    dataset = study.file.data.dataset
    if dataset == "cifar10" and "ABLATE_DATA" not in os.environ:
        pytest.skip("needs the CIFAR-10 images in ABLATE_DATA")
    made = None
    if dataset in ("cifar100", "svhn"):
        made, facts = tmp_path, DATASETS[dataset]
        assert facts
        sets = noise(tmp_path, facts.classes)
        study = ablate.load_study(path, profile="smoke", sets=sets)
    assert ablate.run(study, runs=tmp_path, data=made, jobs=0).exit_code == 0
    folder = tmp_path / study.title
    drawn = Run(folder, read_results(folder))
    for figure in figures_of(drawn):
        for written in figures.draw_figure(figure, drawn):
            assert written.stat().st_size > 1000
