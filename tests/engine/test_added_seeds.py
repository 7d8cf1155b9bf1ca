"""A run that is given more seeds says so wherever its numbers stand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import ablate
from ablate.analysis import conditions, trained
from ablate.cli import main
from ablate.exporting import export, taken
from ablate.records import snapshot
from ablate.tables import compare_note

NOTE = "seeds were added when results could be seen: 2 to 3 on "


@pytest.fixture(scope="module")
def extended(finished_tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(finished_tiny, tmp_path_factory.mktemp("extended") / "home"))
    study = ablate.load_study(home / "tiny.yaml", sets=["seeds=[0, 1, 2]"])
    for _ in range(2):
        ablate.run(study, runs=home / "runs", devices=["cpu"], jobs=0)
    return home / "runs" / "tiny"


def test_captions_cards_and_programs_are_told(extended: Path, tmp_path: Path) -> None:
    results = trained(extended)
    assert len(results.head.extensions) == 1
    assert NOTE in conditions(results)  # of every figure
    compared = ablate.compare(extended)
    assert f"{NOTE}{results.head.extensions[0]['when'][:10]} (4 cells were done); intervals" in (
        compare_note(compared)
    )
    card = export(taken(extended, "best"), out=tmp_path / "out") / "README.md"
    assert f"| seeds | {NOTE}" in card.read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", ["compare", "status"])
def test_the_command_tells_it(
    extended: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    with pytest.raises(SystemExit):
        main([verb, str(extended)])
    out, err = capsys.readouterr()
    assert NOTE in " ".join(f"{out} {err}".split())
    with pytest.raises(SystemExit):
        main([verb, str(extended), "--json"])
    (told,) = json.loads(capsys.readouterr().out)["extensions"]
    assert (told["before"], told["after"], told["done"]) == ([0, 1], [0, 1, 2], 4)


def test_it_is_kept_where_plan_and_record_are_made_again(extended: Path) -> None:
    before = snapshot(extended).head["extensions"]
    (extended / "plan.json").unlink()
    (extended / "study.db").unlink()
    ablate.rebuild(extended)
    assert snapshot(extended).head["extensions"] == before


def test_a_run_that_had_its_seeds_from_the_start_has_no_such_note(finished_tiny: Path) -> None:
    results = trained(finished_tiny / "runs" / "tiny")
    assert results.head.extensions == []
    assert "seeds were added" not in conditions(results)
