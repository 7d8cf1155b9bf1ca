"""The folder of a measure study: made, extended, or refused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from ablate.errors import RunFolderError
from ablate.measuring import prepare
from ablate.records import head_of, write_rows
from ablate.study import load_study
from tests.records.test_measurements import ROW


def measured(path: Path, *networks: str) -> None:
    write_rows([replace(ROW, network=name, profile="cpu") for name in networks], path)


def test_it_is_made_and_knows_its_study(study, tmp_path: Path) -> None:
    folder = prepare(study(), tmp_path / "tiny", ["a", "b"])
    assert load_study(folder.study).points == study().points
    measured(folder.measurements, "a")
    assert folder.is_measured_alone
    assert head_of(folder) == {
        "study": "tiny",
        "profile": "cpu",
        "question": "What does it take?",
        "published": None,
        "subject": "C10",
        "sweep_keys": ["depth"],
    }


def test_more_networks_and_implementations_extend_it(study, tmp_path: Path) -> None:
    folder = prepare(study(), tmp_path / "tiny", ["a"])
    measured(folder.measurements, "a")
    larger = study(sweep={"depth": [10, 16, 22]}, implementations=["timm"])
    prepare(larger, tmp_path / "tiny", ["a", "b"])
    assert load_study(folder.study).file.implementations == ("timm",)


def test_another_question_is_refused_with_a_diff(study, tmp_path: Path) -> None:
    folder = prepare(study(), tmp_path / "tiny", ["a", "b"])
    measured(folder.measurements, "a", "b")
    before = folder.study.read_text(encoding="utf-8")
    with pytest.raises(RunFolderError) as caught:
        prepare(study(sweep={"depth": [10]}), tmp_path / "tiny", ["a"])
    message = str(caught.value)
    assert "holds another question: 1 of its 2 networks are not in this study\n" in message
    assert "\n-  depth: [10, 16]\n" in message and "\n+  depth: [10]\n" in message
    assert message.endswith("give the new question a folder of its own with --as NAME")
    assert folder.study.read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ("plan.json", "holds cells that were trained; choose --as NAME"),
        ("letter.txt", "is not empty and not a run folder; choose --as NAME"),
    ],
)
def test_other_folders_are_left_alone(study, tmp_path: Path, held: str, message: str) -> None:
    (tmp_path / held).write_text("{}", encoding="utf-8")
    with pytest.raises(RunFolderError, match=message):
        prepare(study(), tmp_path, [])
    assert os.listdir(tmp_path) == [held]


def test_a_file_is_left_alone(study, tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(RunFolderError, match="f: is a file; choose --as NAME"):
        prepare(study(), tmp_path / "f", [])


def test_a_start_that_was_interrupted_at_once_is_taken_up(study, tmp_path: Path) -> None:
    prepare(study(), tmp_path / "tiny", ["a"])
    assert prepare(study(), tmp_path / "tiny", ["a"]).study.exists()
