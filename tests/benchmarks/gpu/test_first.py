"""The first call runs commands that exist, on tests that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ablate.networks import check_implementations
from benchmarks.gpu.first import STEPS, first, stages_of
from benchmarks.gpu.sizes import FULL, TINY, Sizes
from benchmarks.gpu.stages import ROOT, Stage, Stages


def written(stage: Stage) -> set[str]:
    return {Path(part).name for part in stage.command if re.search(r"out/.*\.(csv|txt)$", part)}


@pytest.mark.parametrize("sizes", [FULL, TINY])
def test_few_files_and_names_that_are_known(sizes: Sizes) -> None:
    found = stages_of(Path("out"), sizes)
    files = [name for stage in found for name in written(stage)]
    assert len(files) == len(set(files)) == 6 and STEPS in files
    for stage in found:
        if "--only" in stage.command:
            check_implementations(tuple(_after(stage, "--only").split(",")))
        if "--seconds" in stage.command:
            assert int(_after(stage, "--seconds")) < stage.seconds


def _after(stage: Stage, option: str) -> str:
    return stage.command[stage.command.index(option) + 1]


COLLECTS = """
import json, sys, pytest
for arguments in json.loads(sys.argv[1]):
    assert pytest.main(arguments) == 0
    print("no more")
"""


def selected(*names: str) -> Iterator[set[str]]:
    """The tests that each of these stages runs; one process looks, as all of them load torch."""
    commands = {stage.name: stage.command for stage in stages_of(Path("out"), FULL)}
    assert all(commands[name][1:3] == ("-m", "pytest") for name in names)
    asked = json.dumps([[*commands[name][3:], "--collect-only"] for name in names])
    looks = [sys.executable, "-c", COLLECTS, asked]
    # How this run of tests is to talk is no matter of those.
    own = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(looks, cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    for listed in done.stdout.split("no more\n")[: len(names)]:
        yield set(re.findall(r"^tests/.*::(\w+)", listed, re.MULTILINE))


def test_stages_run_tests_that_are_there() -> None:
    """A test of another name would be run by none, or spoil the process of others."""
    equal, spoiling, sharing, measuring = selected("tests", "spoiling", "sharing", "measuring")
    assert "test_captured_is_eager" in equal
    assert "test_the_memory_of_a_gpu_is_measured" in measuring
    assert spoiling and not spoiling & equal
    assert "test_a_study_whose_cells_share_a_gpu" in sharing


def test_all_are_run_and_the_step_times_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    def run(self: Stages, stage: Stage) -> int:
        ran.append(stage.name)
        if stage.name == "step_fp32":
            (tmp_path / "out" / STEPS).write_text("times", encoding="utf-8")
        return 1

    monkeypatch.setattr(Stages, "run", run)
    keep = tmp_path / "keep"
    stages = Stages(tmp_path / "out" / "log.txt", keep, 60)
    first(stages, tmp_path / "out", keep, FULL)
    assert ran[:4] == ["facts", "tests", "step_fp32", "searches"] and len(ran) == 11
    assert (keep / STEPS).read_text(encoding="utf-8") == "times"
    ran.clear()
    first(stages, tmp_path / "out", keep, FULL, "sharing,facts")
    assert ran == ["sharing", "facts"]
    with pytest.raises(SystemExit, match="no stage speed; there are facts, tests, step_fp32"):
        first(stages, tmp_path / "out", keep, FULL, "facts,speed")
