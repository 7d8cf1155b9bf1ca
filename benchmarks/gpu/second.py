"""The second call: a real study, as long as the time allows, its curves saved as they grow."""

from __future__ import annotations

import csv
import os
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gpu.first import STEPS, python
from benchmarks.gpu.sizes import Sizes
from benchmarks.gpu.stages import Stage, Stages

STUDY = Path(__file__).with_name("c10.yaml")
NAME = "c10-gpu"
SAVE_SECONDS = 15.0
LEFT_OUT = ("checkpoint.", "model.safetensors")  # large, and their halves as they are written
# Of the whole time for the largest network; the two others take a third of it each, by their MACs.
SHARE = 0.5
USUAL_SECONDS = 0.015  # of its step, where none was measured
END_SECONDS = 25.0  # for the comparison and the last archive
SAVED_SECONDS = 2.0  # for the archive


def second(stages: Stages, out: Path, keep: Path, sizes: Sizes) -> None:
    """Unpack the images, train, compare; the run folder is in `out` as study.tgz."""
    data, images, runs = keep / "data", keep / "images", keep / "runs"
    stages.run(Stage("data", 60, python(*_unpack(images), data, images)))
    step = step_seconds(keep / STEPS)
    count = epochs(step or USUAL_SECONDS, stages.left, sizes)
    where = "usual" if step is None else "measured"
    stages.note(f"== epochs: {count}, of a {where} {1000 * (step or USUAL_SECONDS):.3g} ms a step")
    with saved(runs / NAME, out / "study.tgz"):
        spare = sizes.patience * END_SECONDS
        stages.run(Stage("study", stages.left, _run(data, runs, count, sizes)), spare=spare)
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


def _run(data: Path, runs: Path, count: int, sizes: Sizes) -> tuple[str, ...]:
    how = ("--profile", sizes.profile) if sizes.profile else ()
    where = ("--as", NAME, "--runs", runs, "--data", data, "--devices", sizes.device)
    more = ("--set", f"recipe.epochs={count}")
    return python("-m", "ablate", "run", STUDY, *how, *where, *more)
