"""The second call: how long its study is, what trains first, and what is saved."""

from __future__ import annotations

import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

import ablate
from ablate.workers import by_turn
from benchmarks.gpu import second as module
from benchmarks.gpu.second import STUDY, Asked, epochs, save, saved, step_seconds
from benchmarks.gpu.sizes import FULL
from benchmarks.gpu.stages import Stage, Stages


@pytest.mark.parametrize(
    ("milliseconds", "expected"), [(5.0, 30), (10.0, 22), (40.0, 5), (5000.0, 1)]
)
def test_epochs_follow_from_the_time_of_a_step(milliseconds: float, expected: int) -> None:
    assert epochs(milliseconds / 1000, 320.0, FULL) == expected
    assert epochs(milliseconds / 1000, 320.0, replace(FULL, most_epochs=2)) <= 2


def test_the_recorded_step_counts_if_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "step_fp32.csv"
    assert step_seconds(path) is None
    lines = ["implementation,seconds", "torchvision,0.02", "ablate-fast,0.05"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert step_seconds(path) == 0.05
    path.write_text("\n".join([*lines, "ablate-captured,0.01"]) + "\n", encoding="utf-8")
    assert step_seconds(path) == 0.01
    path.write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    assert step_seconds(path) is None


@pytest.mark.parametrize("profile", ["", "smoke"])
def test_the_costliest_network_trains_first(profile: str, tmp_path: Path) -> None:
    study = ablate.load_study(STUDY, profile=profile)
    planned = ablate.plan(study)
    assert [cell.variant for cell in by_turn(planned.cells)] == ["BC-100", "BC-40", "BC-40-log"]
    if not profile:
        costs = [cell.macs for cell in by_turn(planned.cells)]
        assert sum(costs) < costs[0] / module.SHARE, "the smaller ones would find no time"


def names(archive: Path) -> set[str]:
    with tarfile.open(archive) as tar:
        return set(tar.getnames())


def test_the_archive_has_all_but_weights(tmp_path: Path) -> None:
    folder, archive = tmp_path / "run", tmp_path / "study.tgz"
    (folder / "cells" / "a").mkdir(parents=True)
    kept = {"study.db", "cells/a/curve.csv", "cells/a/predictions.safetensors"}
    for name in kept | {"cells/a/checkpoint.pt.7.tmp", "cells/a/model.safetensors"}:
        (folder / name).write_text(name, encoding="utf-8")
    save(folder, archive)
    assert names(archive) == {f"run/{name}" for name in kept}
    assert {path.name for path in tmp_path.iterdir()} == {"run", "study.tgz"}


def test_a_file_that_goes_meanwhile_leaves_the_archive_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, archive = tmp_path / "run", tmp_path / "study.tgz"
    folder.mkdir()
    (folder / "curve.csv").write_text("1", encoding="utf-8")
    save(folder, archive)
    before = archive.read_bytes()

    def gone(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(tarfile.TarFile, "add", gone)
    save(folder, archive)
    assert archive.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"run", "study.tgz"}


def test_curves_are_saved_as_they_grow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, archive = tmp_path / "run", tmp_path / "study.tgz"
    folder.mkdir()
    again, plain = threading.Event(), save

    def told(*arguments: Path) -> None:
        plain(*arguments)
        again.set()

    monkeypatch.setattr(module, "SAVE_SECONDS", 0.02)
    monkeypatch.setattr(module, "save", told)
    with saved(folder, archive):
        (folder / "curve.csv").write_text("1", encoding="utf-8")
        again.clear()
        assert again.wait(20) and archive.exists()
        (folder / "last.csv").write_text("2", encoding="utf-8")
    assert {"run/curve.csv", "run/last.csv"} <= names(archive)


def test_a_study_of_ones_own_has_its_own_epochs(tmp_path: Path) -> None:
    ran: list[tuple[str, ...]] = []

    class Told(Stages):
        def run(self, stage: Stage, *, spare: float = 0.0) -> int | None:
            ran.append(stage.command)
            return 0

    stages = Told(tmp_path / "log.txt", tmp_path / "work", 60.0)
    asked = Asked(Path("mine.yaml"), "short", 3)
    module.second(stages, tmp_path, tmp_path / "keep", FULL, asked)
    (study,) = (command for command in ran if "run" in command)
    assert {"mine.yaml", "short", "--per-device", "3"} <= set(study) and "--set" not in study
    ran.clear()
    module.second(stages, tmp_path, tmp_path / "keep", FULL)
    (study,) = (command for command in ran if "run" in command)
    assert {str(STUDY), "--set"} <= set(study) and "--per-device" not in study
