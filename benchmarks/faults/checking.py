"""What has to hold of a run, whatever befell it: held against one that nobody disturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ablate
from ablate.cells import read_predictions
from ablate.records import Attempt, RunFolder, snapshot
from benchmarks.faults.scene import Call, Scene

NOT_COMPARED = ("trial", "attempts", "train_seconds", "shared_by", "state", "reason")
LEFTOVERS = ("*.tmp", "*.copy", "checkpoint*.pt", "space")
UNFIT = ("Traceback (most recent call last)", "Fatal Python error")


@dataclass(frozen=True)
class Undisturbed:
    """The cells of a run that nobody disturbed, by key."""

    rows: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, bytes]
    answers: Mapping[str, bytes]

    @classmethod
    def of(cls, folder: RunFolder) -> Undisturbed:
        """What a finished run came to."""
        rows = _rows(folder)
        weights = {key: _weights(folder, key) for key in rows}
        return cls(rows, weights, {key: _answers(folder, key) for key in rows})

    def differences(self, folder: RunFolder) -> Iterator[str]:
        """What is different of the cells that are done here and there."""
        for key, row in _rows(folder).items():
            if (expected := self.rows.get(key)) is None:
                continue  # of a search that stopped the cell, or never came to it
            for name, value in row.items():
                if name not in NOT_COMPARED and repr(value) != repr(expected[name]):
                    yield f"{key}: {name} is {value}, not {expected[name]}"
            if _weights(folder, key) != self.weights[key]:
                yield f"{key}: other weights"
            if _answers(folder, key) != self.answers[key]:
                yield f"{key}: other answers"


def _rows(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """The rows of what is done, by key."""
    rows: list[Any] = ablate.results(folder.path).to_dict("records")
    return {str(row["key"]): dict(row) for row in rows if row["state"] == "done"}


def _weights(folder: RunFolder, key: str) -> bytes:
    return folder.cell(key).weights.read_bytes()


def _answers(folder: RunFolder, key: str) -> bytes:
    """The class that it took each image for. The file of them begins in any order."""
    answers = read_predictions(folder.cell(key).path, key)
    return answers.predicted.tobytes() if answers else b""


def unfit_to_print(call: Call) -> Iterator[str]:
    """What no user should see in what a call printed."""
    yield from (f"{call.output.name}: {words}" for words in UNFIT if words in call.said)


def of_attempts(scene: Scene) -> Iterator[str]:
    """Cells that count twice, as their record has it."""
    ended = Counter(each.key for each in _trained(scene) if each.state in ("complete", "pruned"))
    for key, times in ended.items():
        if times > 1 + scene.lost.get(key, 0):
            yield f"{key}: ended {times} times"


def of_the_end(scene: Scene, cells: int) -> Iterator[str]:
    """What is wrong with a run that says it is complete."""
    attempts = _trained(scene)
    ended = {each.key for each in attempts if each.state in ("complete", "pruned")}
    if len(ended) != cells:
        yield f"{len(ended)} cells in place of {cells}"
    if left := [each.key for each in attempts if each.is_open]:
        yield f"still open: {', '.join(left)}"
    for pattern in LEFTOVERS:
        yield from (f"left behind: {path}" for path in scene.runs.rglob(pattern))


def _trained(scene: Scene) -> list[Attempt]:
    attempts = snapshot(scene.folder.path).moment.in_order  # nothing stays open on its disk
    return [each for each in attempts if not each.free]
