"""What a row of the results has of a cell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ablate.records import Attempt, Attempts
from ablate.records.rows import _of_cell
from tests.records.conftest import planned

HEAD = {"study": "s", "profile": "", "sweep_keys": []}
RESULT = {"error": 40.0, "top5_error": 0.0, "ten_crop_error": 39.0, "ten_crop_top5_error": 0.0}


@pytest.mark.parametrize(
    ("classes", "kept"),
    [
        (3, ["ten_crop_error"]),
        (5, ["ten_crop_error"]),
        (6, ["top5_error", "ten_crop_error", "ten_crop_top5_error"]),
    ],
)
def test_five_guesses_among_five_classes_say_nothing(classes: int, kept: list[str]) -> None:
    cell = replace(planned("a"), cell={"architecture": {"classes": classes}})
    done = Attempt(state="complete", result=RESULT)
    row = _of_cell(cell, Attempts((done,)), HEAD)
    assert [name for name in row if name.endswith("_error") and name != "stopped_error"] == kept


def test_devices_are_told_where_several_trained_a_cell() -> None:
    for devices, told in ((1, None), (2, 2)):
        execution = {"devices_per_cell": devices}
        done = Attempt(state="complete", result={**RESULT, "execution": execution})
        assert _of_cell(planned("a"), Attempts((done,)), HEAD).get("devices_per_cell") == told


def test_every_device_of_a_cell_counts_in_device_seconds() -> None:
    """By the attempt that got furthest, as each says what its epochs took, all before included."""
    reached = [{"seconds": 30.0}, {"seconds": 20.0, "devices": 4}]
    attempts = Attempts(tuple(Attempt(state="fail", reached=each) for each in reached))
    assert attempts.seconds == 80.0
