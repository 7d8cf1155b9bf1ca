"""`python -m benchmarks`: tables, files and bad input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.app import main

SMALL = "{family: densenet, depth: 16, growth_rate: 6, bottleneck_width: 4, image_size: 8}"


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main([*map(str, arguments)])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_a_table_with_its_conditions_and_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ["step", SMALL, "--batch-size", 4, "--rounds", 1, "--threads", 1]
    some = ["--only", "ablate-fast, ablate-captured", "--device", "cpu"]
    code, out, err = call(capsys, *arguments, *some, "--csv", tmp_path / "step.csv")
    lines = [line.strip() for line in out.splitlines() if line.strip()]
    assert (code, err) == (0, "")
    assert lines[0].split()[:2] == ["implementation", "seconds"]
    assert lines[2].startswith("ablate-fast ")
    assert lines[3].startswith("a training step: n 1, batch_size 4, precision fp32, device cpu")
    assert "threads 1," in lines[3]
    assert lines[4] == "left out: ablate-captured: CUDA graphs need a GPU"
    assert lines[5] == str(tmp_path / "step.csv")
    assert (tmp_path / "step.csv").read_text(encoding="utf-8").startswith("implementation,seconds,")


def test_memory_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    some = ["--depths", "16,22", "--batch-size", 2, "--only", "ablate-fast,torchvision"]
    code, out, _ = call(capsys, "memory", *some, "--json")
    document = json.loads(out)
    assert code == 0
    assert [row["depth"] for row in document["rows"]] == [16, 16, 22, 22]
    assert (document["conditions"]["batch_size"], document["conditions"]["device"]) == (2, "meta")


def test_ratios_read_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    some = ["--depths", "40", "--only", "ablate-efficient,torchvision"]
    _, out, _ = call(capsys, "memory", *some)
    head, _, ours, theirs = (line for line in out.splitlines()[:5] if line.strip())
    assert "saved vs torchvision   peak vs torchvision" in head
    assert "14.8x" in ours and "x" not in theirs.replace("torchvision", "")


def test_claims_by_the_number_of_cells(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "claims", "--cells", 6, "--cells", 12, "--rounds", 2, "--json")
    first, second = json.loads(out)["rows"]
    assert (code, first["cells"], second["cells"]) == (0, 6, 12)
    assert first["seconds"] > 0 and "ratio_first" not in first
    assert second["ratio_first_q1"] <= second["ratio_first"] <= second["ratio_first_q3"]


@pytest.mark.heavy
def test_claims_on_a_server(capsys: pytest.CaptureFixture[str], postgres: Any) -> None:
    some = ["--cells", 6, "--cells", 12, "--rounds", 2, "--storage", postgres.url]
    code, out, _ = call(capsys, "claims", *some, "--json")
    document = json.loads(out)
    assert code == 0 and document["conditions"]["record"] == "PostgreSQL"
    assert [row["cells"] for row in document["rows"]] == [6, 12]


def test_a_run_too_small_for_its_claims_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "claims", "--cells", 6, "--rounds", 3)
    assert (code, "--cells: must be >= 8" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["step", "--only", "ablate-fats"], "'ablate-fats'. Did you mean `ablate-fast`?"),
        (["step", "--precision", "fp16"], "must be one of fp32, bf16, got 'fp16'"),
        (["step", "{family: densenet, depth: 41}"], "nearest"),
        (["memory", "--depths", "4x"], "must be numbers, got '4x'"),
        (["data", "--device", "gpu"], "device 'gpu'"),
        (["study", "study.yaml", "--epochs", "3"], "--set data.limit=N and recipe.epochs=N"),
        (["study", "--profile", "smoke"], "need a STUDY"),
        (["study", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_bad_input_is_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.replace("│", "").split())


@pytest.mark.slow
def test_a_study_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    quickstart = Path(__file__).parents[2] / "studies" / "quickstart.yaml"
    some = ["--profile", "smoke", "--set", "recipe.epochs=1", "--rounds", 1, "--data", tmp_path]
    code, out, _ = call(capsys, "study", quickstart, *some, "--device", "cpu", "--json")
    document = json.loads(out)
    assert code == 0
    expected = {"study": "quickstart@smoke", "cells": 6, "images": 200, "epochs": 1, "n": 1}
    assert expected.items() <= document["conditions"].items()
    for row in document["rows"]:
        assert row["cells_per_hour"] == pytest.approx(6 * 3600 / row["seconds"])
