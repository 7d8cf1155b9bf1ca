"""Measurements as a table, and the numbers of the memory figure."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ablate.analysis import Results, measured_frame, memory_data
from ablate.analysis.papers import published
from ablate.costs import cost
from ablate.errors import HolesError
from ablate.networks import architecture
from tests.made_results import made


def row(depth: int | None, implementation: str, seconds: float | None = 0.5, **other: Any) -> Any:
    """A row of measurements.csv as a map; without seconds it is only counted."""
    timed = {"n": 5, "step_seconds_q1": 0.4, "step_seconds_q3": 0.6} if seconds else {}
    made_up = {
        "study": "s",
        "profile": "",
        "network": f"{depth}",
        "variant": "BC",
        "sweep": {"depth": depth} if depth else {},
        "implementation": implementation,
        "batch_size": 64,
        "precision": "fp32",
        "device": "cpu AVX2",
        "threads": 2,
        "torch": "2.11.0",
        "params": 1000 * (depth or 1),
        "peak_bytes": 10**6 * (depth or 1),
        "step_seconds": seconds,
        "measured_peak_bytes": None,
        "n": None,
        "step_seconds_q1": None,
        "step_seconds_q3": None,
        "reason": "",
    }
    return {**made_up, **timed, **other}


def measured(
    *rows: Any, published: str | None = None, sweep: tuple[str, ...] = ("depth",)
) -> Results:
    return made(measured_frame(rows), published=published, sweep_keys=sweep)


def test_what_is_swept_stands_after_the_variant_and_numbers_stay_whole() -> None:
    found = measured(row(40, "ours"), row(22, "ours", None, peak_bytes=None)).cells
    assert list(found.columns)[:6] == [
        "study",
        "profile",
        "network",
        "variant",
        "depth",
        "implementation",
    ]
    assert found["depth"].tolist() == [40, 22] and str(found["depth"].dtype) == "Int64"
    assert found["peak_bytes"].tolist() == [40 * 10**6, pd.NA]
    assert str(found["step_seconds"].dtype) == "Float64"


def test_lines_are_of_implementations_and_points_by_size() -> None:
    data = memory_data(measured(row(40, "ours"), row(22, "ours"), row(40, "theirs")))
    assert data.x == "depth"
    assert data.rows["label"].tolist() == ["ours", "ours", "theirs"]
    assert data.rows["x"].tolist() == [22, 40, 40]
    assert data.conditions == (
        "64 images a step; times in fp32, cpu AVX2, 2 threads, torch 2.11.0, median of n=5"
    )


def test_lines_of_several_variants_are_told_apart() -> None:
    data = memory_data(measured(row(40, "ours"), row(22, "ours", variant="C")))
    assert data.rows["label"].tolist() == ["C, ours", "BC, ours"]


def test_only_times_of_the_device_that_was_measured_last_are_shown() -> None:
    gpu = {"device": "NVIDIA H100", "measured_peak_bytes": 7}
    rows = [row(22, "ours"), row(40, "ours", **gpu), row(58, "ours", None), row(40, "theirs")]
    found = memory_data(measured(*rows, row(22, "ours", 0.1, **gpu)))
    times = found.rows.set_index(["x", "implementation"])["step_seconds"].to_dict()
    assert times == {
        (22, "ours"): 0.1,
        (40, "ours"): 0.5,
        (40, "theirs"): None,
        (58, "ours"): None,
    }
    assert found.rows["peak_bytes"].notna().all()
    assert "NVIDIA H100, torch 2.11.0" in found.conditions


def test_equal_bytes_are_told_as_one_line() -> None:
    rows = [row(depth, name) for depth in (22, 40) for name in ("a", "b")]
    data = memory_data(measured(*rows, row(22, "c"), row(40, "c", peak_bytes=5)))
    assert data.alike == (("a", "b"),)


def test_without_a_swept_number_there_are_parameters_only() -> None:
    data = memory_data(measured(row(None, "ours"), sweep=()))
    assert data.x == "" and data.rows["x"].isna().all()


def test_nothing_counted_is_nothing_to_draw() -> None:
    with pytest.raises(HolesError, match="nothing is known of the study's networks yet"):
        memory_data(measured(row(22, "ours", None, peak_bytes=None)))


def test_nothing_timed() -> None:
    data = memory_data(measured(row(22, "ours", None)))
    assert data.conditions == "64 images a step; nothing was timed"


def test_published_numbers_are_for_the_figure_that_they_are_of() -> None:
    assert memory_data(measured(row(22, "ours"))).published_memory.empty
    asked = memory_data(measured(row(22, "ours"), published="fig5"))
    assert len(asked.published_memory) == 50 and len(asked.published_time) == 5 and not asked.note
    other = measured(row(22, "ours", batch_size=2), published="fig5")
    found = memory_data(other)
    assert found.published_memory.empty and found.published_time.empty
    assert found.note == "published curves are of 64 images a step, so they are left out"


@pytest.mark.parametrize("name", ["fig5_memory", "fig5_time"])
def test_published_networks_are_ours(name: str) -> None:
    found = published(name)
    assert found["source"].str.contains("arXiv 1707.06990").all() and found.notna().all().all()
    bc = {"family": "densenet", "growth_rate": 12, "bottleneck_width": 4, "compression": 0.5}
    smallest = found.loc[found["depth"].idxmin()]
    assert cost(architecture(**bc, depth=int(smallest["depth"]))).params == smallest["params"]
