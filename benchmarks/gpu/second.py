"""The second call: a real study, as long as the time allows, its curves saved as they grow."""

from __future__ import annotations

import csv
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gpu.first import STEPS, python
from benchmarks.gpu.sizes import Sizes
from benchmarks.gpu.stages import Stage, Stages

STUDY = Path(__file__).with_name("c10.yaml")
NAME = "c10-gpu"  # of the run folder, whatever is asked
SAVE_SECONDS = 15.0
LEFT_OUT = ("checkpoint.", "model.safetensors")  # large, and their halves as they are written
# Of the whole time for the largest network; the two others take a third of it each, by their MACs.
SHARE = 0.5
USUAL_SECONDS = 0.015  # of its step, where none was measured
END_SECONDS = 25.0  # for the comparison and the last archive
SAVED_SECONDS = 2.0  # for the archive


@dataclass(frozen=True)
class Asked:
    """A study of one's own, in place of the one whose epochs follow from the time there is."""

    study: Path
    profile: str = ""
    per_device: int = 1


def second(stages: Stages, out: Path, keep: Path, sizes: Sizes, asked: Asked | None = None) -> None:
    """Unpack the images, train, compare; the run folder is in `out` as study.tgz."""
    data, images, runs = keep / "data", keep / "images", keep / "runs"
    stages.run(Stage("data", 60, python(*_unpack(images), data, images)))
    study = asked or Asked(STUDY, sizes.profile)
    command = _run(study, data, runs, sizes.device)
    if asked is None:
        step = step_seconds(keep / STEPS)
        count = epochs(step or USUAL_SECONDS, stages.left, sizes)
        where = "usual" if step is None else "measured"
        took = f"{1000 * (step or USUAL_SECONDS):.3g} ms a step"
        stages.note(f"== epochs: {count}, of a {where} {took}")
        command += ("--set", f"recipe.epochs={count}")
    with saved(runs / NAME, out / "study.tgz"):
        spare = sizes.patience * END_SECONDS
        stages.run(Stage("study", stages.left, command), spare=spare)
        compare = python("-m", "ablate", "compare", runs / NAME)
        stages.run(Stage("compare", spare, compare), spare=SAVED_SECONDS)


def step_seconds(path: Path) -> float | None:
    """Of our step in mode fast, as it was measured: recorded, or else kernel by kernel."""
    if not path.exists():
        return None
    with path.open(encoding="utf-8", newline="") as stream:
        rows = {row["implementation"]: float(row["seconds"]) for row in csv.DictReader(stream)}
    return rows.get("ablate-captured", rows.get("ablate-fast"))


def epochs(step: float, seconds: float, sizes: Sizes) -> int:
    """So many that the largest network has its share of the time."""
    found = int(SHARE * seconds / (sizes.steps_an_epoch * step))
    return max(1, min(sizes.most_epochs, found))


@contextmanager
def saved(folder: Path, archive: Path) -> Iterator[None]:
    """While something writes into the folder it is archived now and then, and at the end."""
    ended = threading.Event()

    def keep_saving() -> None:
        while not ended.wait(SAVE_SECONDS):
            save(folder, archive)

    thread = threading.Thread(target=keep_saving, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        save(folder, archive)


def save(folder: Path, archive: Path) -> None:
    """The folder without checkpoints and weights; the archive is replaced as a whole."""
    new = archive.with_suffix(".new")
    try:
        with tarfile.open(new, "w:gz") as tar:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith(LEFT_OUT):
                    tar.add(path, Path(folder.name) / path.relative_to(folder))
        os.replace(new, archive)
    except OSError:  # a file was moved meanwhile: the archive of before stays until the next
        new.unlink(missing_ok=True)


def _unpack(images: Path) -> tuple[Path | str, ...]:
    """The script that lies among the images."""
    return (next(iter(sorted(images.glob("*.py"))), images / "unpack.py"),)


def _run(asked: Asked, data: Path, runs: Path, device: str) -> tuple[str, ...]:
    how = ("--profile", asked.profile) if asked.profile else ()
    shared = ("--per-device", asked.per_device) if asked.per_device > 1 else ()
    where = ("--as", NAME, "--runs", runs, "--data", data, "--devices", device)
    return python("-m", "ablate", "run", asked.study, *how, *where, *shared)
