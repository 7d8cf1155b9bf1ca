"""`ablate init`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ablate
from tests.cli.conftest import call


def test_a_study_to_start_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, _ = call(capsys, "init", "width")
    assert code == 0 and "next: ablate plan width.yaml" in out
    text = (tmp_path / "width.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=study.schema.json\n")
    schema = json.loads((tmp_path / "study.schema.json").read_text(encoding="utf-8"))
    assert schema["title"] == "ablate study"
    assert len(ablate.load_study("width.yaml").cells()) == 12


def test_what_is_there_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text("mine", encoding="utf-8")
    code, _, err = call(capsys, "init")
    assert code == 2 and "study.yaml: is there already; --force writes over it" in err
    assert (tmp_path / "study.yaml").read_text(encoding="utf-8") == "mine"
    assert call(capsys, "init", "--force")[0] == 0
    code, _, err = call(capsys, "init", "no/such")
    assert code == 2 and "a study's name" in err
