"""What is to be said of a run's images is said: when it starts, by `status`, beside results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import ablate
from ablate.analysis import trained
from ablate.claims import comparison
from ablate.cli import app
from ablate.errors import SpecError
from ablate.tables import compare_note

STUDY = {
    "name": "leak",
    "data": {"dataset": "arrays", "name": "mine", "evaluate": "test"},
    "recipe": {"epochs": 1, "batch_size": 8},
    "baseline": "a",
    "variants": {"a": {"family": "densenet", "depth": 7, "growth_rate": 4}},
}
NOTE = "12 of 12 test images are among the training images too"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Arrays whose test images are all trained on."""
    x, y = np.random.RandomState(0).randint(0, 256, (30, 8, 8), np.uint8), np.arange(30) % 3
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_test=x[:12], y_test=y[:12])
    return tmp_path


def test_test_images_that_are_trained_on_are_told(root: Path) -> None:
    events: list[dict[str, Any]] = []
    ablate.run(
        ablate.load_study(STUDY), runs=root / "runs", data=root, on_event=events.append, jobs=0
    )
    assert events[0] == {"kind": "note", "note": NOTE}
    assert ablate.results(root / "runs" / "leak")["data_note"].tolist() == [NOTE]
    said = CliRunner().invoke(app, ["status", str(root / "runs" / "leak")])
    assert f"images: {NOTE}" in said.output
    assert compare_note(comparison(trained(root / "runs" / "leak"))).endswith(f"images: {NOTE}")


def test_what_cannot_be_learned_is_refused_by_plan(root: Path) -> None:
    study = {**STUDY, "data": {**STUDY["data"], "evaluate": "validation", "hold_out": 25}}  # type: ignore[dict-item]
    x, y = np.zeros((30, 8, 8), np.uint8), np.arange(30) % 3
    y[1:] %= 2
    y[0] = 2
    np.savez(root / "mine.npz", x_train=x, y_train=y, x_test=x[:12], y_test=y[:12])
    with pytest.raises(SpecError, match=r"data\.hold_out: must leave a training image of every"):
        ablate.plan(ablate.load_study(study), data=root)
