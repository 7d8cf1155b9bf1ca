"""The first call: verdicts, ratios, memory, where the time goes; what is worth most is first."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.gpu.sizes import Sizes
from benchmarks.gpu.stages import Stage, Stages

# A graph equals the eager step, bit by bit. What may spoil its process for others runs alone.
SPOILING = "waits_for_the_device or recording_that_fails"
EQUAL = ("tests/training/test_gpu.py",)
MEASURING = ("tests/measuring",)
SHARING = ("tests/engine/test_sharing_gpu.py",)

RECORDED = ("ablate-captured", "ablate-efficient-captured")
# What shares its convolutions with the first is next: cuDNN looks for each of them only once.
SAME = ("torchvision-channels-last",)
FP32 = (RECORDED[0], *SAME, RECORDED[1], "ablate-fast", "ablate-efficient", "torchvision")
BF16 = (RECORDED[0], *SAME, RECORDED[1], "torchvision")
COMPILED = (RECORDED[0], "torchvision", "torchvision-compiled")
STEPS = "step_fp32.csv"  # that the second call reads


def stages_of(out: Path, sizes: Sizes) -> list[Stage]:
    """What is run, in this order; the limits are of each alone."""
    found = [
        Stage("facts", 30, python("-m", "benchmarks.gpu.facts")),
        Stage("tests", 110, tests(*EQUAL, "-k", f"not ({SPOILING})")),
        _step("fp32", 120, sizes.network, FP32, out, sizes),
        Stage("searches", 60, _searches(out / "searches.csv", sizes)),
        _step("bf16", 80, sizes.network, BF16, out, sizes, "--precision", "bf16"),
        Stage("kernels", 75, _kernels(out / "kernels.txt", sizes)),
        Stage("memory", 90, _memory(out / "memory.csv", sizes)),
        Stage("sharing", 90, tests(*SHARING)),
        Stage("measuring", 90, tests(*MEASURING)),
        Stage("spoiling", 30, tests(EQUAL[0], "-k", SPOILING)),
        _step("compiled", 110, sizes.small, COMPILED, out, sizes),
    ]
    return [replace(stage, seconds=sizes.patience * stage.seconds) for stage in found]


def first(stages: Stages, out: Path, keep: Path, sizes: Sizes, only: str = "") -> None:
    """Run all there is time for, or the stages named; the second call finds the times in `keep`.

    Raises SystemExit for a name that no stage has.
    """
    found = {stage.name: stage for stage in stages_of(out, sizes)}
    names = only.split(",") if only else [*found]
    if unknown := ", ".join(name for name in names if name not in found):
        raise SystemExit(f"--only: no stage {unknown}; there are {', '.join(found)}")
    for name in names:
        stages.run(found[name])
        if (out / STEPS).exists():
            (keep / STEPS).write_bytes((out / STEPS).read_bytes())


def python(*arguments: object) -> tuple[str, ...]:
    """A command of this interpreter."""
    return (sys.executable, *map(str, arguments))


def tests(*arguments: str) -> tuple[str, ...]:
    """The tests of these files that need a GPU. Another torch warns of other things."""
    given = ("-q", "-m", "gpu", "-rfEs", "--tb=short", "-p", "no:cacheprovider")
    return python("-m", "pytest", *given, "-o", "filterwarnings=default", *arguments)


def _step(
    name: str,
    seconds: int,
    network: str,
    names: tuple[str, ...],
    out: Path,
    sizes: Sizes,
    *more: str,
) -> Stage:
    how = ("--batch-size", sizes.batch_size, "--rounds", sizes.rounds, "--device", sizes.device)
    # It begins nothing late, so that it can tell what it has; its file is there anyway.
    own = ("--seconds", int(sizes.patience * seconds * 0.8), "--only", ",".join(names))
    csv = ("--csv", out / f"step_{name}.csv")
    command = python("-m", "benchmarks", "step", network, *how, *own, *csv, *more)
    return Stage(f"step_{name}", seconds, command)


def _kernels(out: Path, sizes: Sizes) -> tuple[str, ...]:
    how = ("--batch-size", sizes.batch_size, "--replays", sizes.replays, "--device", sizes.device)
    return python("-m", "benchmarks.gpu.kernels", sizes.network, out, *how)


def _searches(csv: Path, sizes: Sizes) -> tuple[str, ...]:
    how = ("--batch-size", sizes.batch_size, "--steps", 4 * sizes.rounds, "--device", sizes.device)
    return python("-m", "benchmarks.gpu.searches", sizes.network, csv, *how)


def _memory(csv: Path, sizes: Sizes) -> tuple[str, ...]:
    how = ("--measured", "--batch-size", sizes.batch_size, "--device", sizes.device)
    names = ("--only", ",".join(sizes.in_memory))
    command = ("memory", "--depths", sizes.depths, *how, *names, "--csv", csv)
    return python("-m", "benchmarks", *command)
