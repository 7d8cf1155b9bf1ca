"""Run folders and records that say which cells are done, without training or a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ablate.cells import CellFolder, PlannedCell
from ablate.records import RunFolder

DATA = "0123456789abcdef"  # the hash of a dataset


@dataclass
class MadeUpRecord:
    """What a look asks of a record."""

    folder: RunFolder
    errors: dict[str, float] = field(default_factory=dict)  # of the cells that are done

    def attempts(self) -> Mapping[str, Any]:
        class ByKey(dict[str, Any]):
            def __missing__(self, key: str) -> Any:
                return SimpleNamespace(done=None, error=None)

        done = {key: SimpleNamespace(done=True, error=e) for key, e in self.errors.items()}
        return ByKey(done)


def planned(key: str, variant: str = "A", seed: int = 0, split: str = "test") -> PlannedCell:
    costs = dict.fromkeys(("params", "macs", "flops", "saved_bytes", "peak_bytes"), 1)
    return PlannedCell(variant, {}, seed, key, split, 1, **costs, predicted_seconds=None)


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Any]:
    """`record("run")`: the record of a run folder, made where there is none."""

    def make(name: str, **errors: float) -> Any:
        path = tmp_path / "runs" / name
        path.mkdir(parents=True, exist_ok=True)
        (path / "study.yaml").write_text("data:\n  evaluate: test\n", encoding="utf-8")
        return MadeUpRecord(RunFolder(path), dict(errors))

    return make


@pytest.fixture(autouse=True)
def lost(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Keys of the done cells whose files are gone; of all others they are taken to be whole."""
    keys: set[str] = set()
    monkeypatch.setattr(CellFolder, "loss", lambda self, key: "gone" if key in keys else "")
    return keys
