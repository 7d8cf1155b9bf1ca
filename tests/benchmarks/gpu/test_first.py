"""The first call runs commands that exist, on tests that exist."""

from __future__ import annotations

import re
import subprocess
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
    assert len(files) == len(set(files)) == 5 and STEPS in files
    for stage in found:
        if "--only" in stage.command:
            check_implementations(tuple(_after(stage, "--only").split(",")))
        if "--seconds" in stage.command:
            assert int(_after(stage, "--seconds")) < stage.seconds


def _after(stage: Stage, option: str) -> str:
    return stage.command[stage.command.index(option) + 1]


def selected(name: str) -> set[str]:
    """The tests that a stage runs."""
    (stage,) = [stage for stage in stages_of(Path("out"), FULL) if stage.name == name]
    command = [*stage.command, "--collect-only"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(re.findall(r"^tests/.*::(\w+)", done.stdout, re.MULTILINE))


def test_stages_run_tests_that_are_there() -> None:
    """A test of another name would be run by none, or spoil the process of others."""
    equal, spoiling, sharing = map(selected, ("tests", "spoiling", "sharing"))
    assert "test_captured_is_eager" in equal and "test_the_memory_of_a_gpu_is_measured" in equal
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
    assert ran[:4] == ["facts", "tests", "step_fp32", "step_bf16"] and len(ran) == 9
    assert (keep / STEPS).read_text(encoding="utf-8") == "times"
