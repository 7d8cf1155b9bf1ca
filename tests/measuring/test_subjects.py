"""Which networks are measured, and what makes two of them one."""

from __future__ import annotations

from ablate.engine import plan_study
from ablate.measuring import subjects_of_run
from ablate.records import Record, key_of_cell, prepare_folder, snapshot
from ablate.study import load_study
from ablate.training import Execution
from tests.conftest import TINY_STUDY


def test_a_network_of_each_point_fitted_to_the_data(subjects) -> None:
    found = subjects()
    assert [subject.label for subject in found] == ["BC depth=10", "BC depth=16"]
    assert {subject.architecture.image_size for subject in found} == {32}
    assert found[0].implementations == ("ablate-fast", "torchvision")
    assert (found[0].batch_size, found[0].precision) == (2, "fp32")


def test_two_names_of_one_network_are_measured_once(subjects) -> None:
    variant = {"family": "densenet", "depth": 10}
    found = subjects(variants={"A": variant, "B": variant}, sweep={})
    assert [subject.variant for subject in found] == ["A"]


def test_the_key_tells_steps_apart_and_nothing_else(subjects) -> None:
    (first, second), (larger, _) = subjects(), subjects(recipe={"epochs": 1, "batch_size": 4})
    assert len({first.key, second.key, larger.key}) == 3
    assert first.key == subjects(recipe={"epochs": 9, "batch_size": 2, "lr": 0.5})[0].key


def test_the_networks_of_a_run(tiny_study, tmp_path) -> None:
    assert "seeds: [0, 1]" in TINY_STUDY
    path = tmp_path / "runs" / "tiny"
    planned = plan_study(load_study(tiny_study), data_root=tmp_path)
    Record.create(prepare_folder(planned, path), "tiny")
    fast = subjects_of_run(snapshot(path), Execution(memory="fast"))
    assert [subject.label for subject in fast] == ["plain depth=7", "bc depth=10"]
    assert [subject.implementations for subject in fast] == [("ablate-fast",)] * 2
    assert [subject.key for subject in fast] == [key_of_cell(c) for c in planned.cells[::2]]
    efficient = subjects_of_run(snapshot(path), Execution(memory="efficient"))
    assert {subject.implementations for subject in efficient} == {("ablate-efficient",)}
    assert subjects_of_run(snapshot(path), Execution(memory="auto")) == fast
    on_gpu = subjects_of_run(snapshot(path), Execution(memory="fast", device="cuda:0"))
    both = ("ablate-fast", "ablate-captured")  # the last that could be timed is what counts
    assert {subject.implementations for subject in on_gpu} == {both}


def test_mode_efficient_falls_back_as_training_does(tmp_path) -> None:
    study = load_study(
        {
            "name": "r",
            "data": {"dataset": "digits"},
            "recipe": {"epochs": 1},
            "baseline": "R",
            "variants": {"R": {"family": "resnet_preact", "depth": 11}},
        }
    )
    folder = prepare_folder(plan_study(study, data_root=tmp_path), tmp_path / "r")
    Record.create(folder, "r")
    (subject,) = subjects_of_run(snapshot(folder.path), Execution(memory="efficient"))
    assert subject.implementations == ("ablate-fast",)
