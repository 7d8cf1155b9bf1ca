"""What TensorBoard reads of cells: each epoch once, also of one that was killed and went on."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ablate.loggers import LoggedCell, named_loggers

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not find_spec("tensorboard"), reason="pip install 'ablate-nn[tensorboard]'"),
]


def row(epoch: int) -> dict[str, Any]:
    return {"epoch": epoch, "train_loss": 1 / epoch, "error": None if epoch == 1 else 50 / epoch}


def logger(folder: Path, earlier: Sequence[int] = (), **changes: Any) -> Any:
    about: dict[str, Any] = {
        "study": "tiny",
        "variant": "a/b",
        "sweep": {"depth": 10, "connectivity": {"window": 2}},
        "point": "a/b depth=10",
        "seed": 1,
        "key": "k",
        "config": {"params": 7, "macs": 9},
    }
    ((_, maker),) = named_loggers("tensorboard")
    rows = [row(epoch) for epoch in earlier]
    return maker(LoggedCell(**{**about, **changes}, folder=folder, earlier=rows))


def read(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder))
    found.Reload()
    return found


def test_a_cell_that_goes_on_has_each_epoch_once(tmp_path: Path) -> None:
    killed = logger(tmp_path)
    for epoch in (1, 2, 3):  # the last of which is not in its checkpoint yet
        killed(row(epoch))
    resumed = logger(tmp_path, earlier=[1, 2])
    for epoch in (3, 4):
        resumed(row(epoch))
    resumed.close({"state": "done", "result": {"error": 12.5, "loss": 0.5}})
    killed.close({"state": "lost", "reason": "signal 9"})
    found = read(tmp_path / "logs" / "tensorboard" / "a%2Fb depth=10" / "seed=1")
    assert [each.step for each in found.Scalars("train_loss")] == [1, 2, 3, 4]
    assert [(each.step, each.value) for each in found.Scalars("error")] == [
        (2, 25.0),
        (3, pytest.approx(50 / 3)),
        (4, 12.5),
    ]
    assert found.Scalars("result/error")[0].value == 12.5
    (hparams,) = (data for name, data in found.summary_metadata.items() if "session_start" in name)
    assert b"depth" in hparams.plugin_data.content and b"seed" in hparams.plugin_data.content


def test_points_of_long_names_have_folders_of_their_own(tmp_path: Path) -> None:
    for depth in (10, 16):
        logger(tmp_path, point=f"#7 {'growth_rate=12 ' * 30}depth={depth}")(row(1))
    assert len(list((tmp_path / "logs" / "tensorboard").glob("*/seed=1/events*"))) == 2
