"""The data of the `memory` figure: what was measured of a study's networks."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ablate.analysis.papers import published
from ablate.analysis.points import distinct
from ablate.analysis.results import Results
from ablate.errors import HolesError

_ALIKE = ["device", "threads", "torch"]  # must agree for two times to be compared
# The published curves are of DenseNet-BC, k = 12, on CIFAR, at this batch size.
PUBLISHED_AS, BATCH_SIZE = "fig5", 64


@dataclass(frozen=True)
class MemoryData:
    """Rows of networks in implementations, and what was published of the same networks."""

    x: str  # the swept setting on the x axis beside the parameters; "" where none is a number
    rows: pd.DataFrame  # label, x, params, peak_bytes, measured_peak_bytes, step_seconds, q1, q3
    # implementation, depth, params, gigabytes; empty: not comparable
    published_memory: pd.DataFrame
    published_time: pd.DataFrame  # implementation, depth, params, seconds
    conditions: str
    alike: tuple[tuple[str, ...], ...]  # labels whose bytes are equal: their lines are one
    note: str  # why nothing published is shown, where something might be expected


def memory_data(results: Results) -> MemoryData:
    """Measurements -> the data of the figure. Raises HolesError where nothing was counted.

    Bytes are the same wherever they were counted; times are those of the device, threads and torch
    that were measured last.
    """
    table, head = results.cells, results.head
    known = table[table["peak_bytes"].notna()]
    if known.empty:
        raise HolesError("memory: nothing is known of the study's networks yet: `ablate measure`")
    rows = _once(known)
    numeric = [key for key in head.sweep_keys if pd.api.types.is_numeric_dtype(rows[key])]
    x = max(numeric, key=lambda key: rows[key].nunique(), default="")
    several = rows["variant"].nunique() > 1
    rows["label"] = (rows["variant"] + ", " if several else "") + rows["implementation"]
    rows["x"] = rows[x] if x else pd.NA
    comparable = head.published == PUBLISHED_AS
    note = ""
    if comparable and not rows["batch_size"].eq(BATCH_SIZE).all():
        note = f"published curves are of {BATCH_SIZE} images a step, so they are left out"
        comparable = False
    memory, time = published("fig5_memory"), published("fig5_time")
    return MemoryData(
        x=x,
        rows=rows,
        published_memory=memory if comparable else memory.head(0),
        published_time=time if comparable else time.head(0),
        conditions=_conditions(rows),
        alike=_alike(rows),
        note=note,
    )


def _once(known: pd.DataFrame) -> pd.DataFrame:
    """A row per network and implementation, those of the last device with their times."""
    rows = known.copy()
    timed = rows[rows["step_seconds"].notna()]
    if len(timed):
        last = timed.iloc[-1][_ALIKE]
        rows["now"] = rows[_ALIKE].eq(last).all(axis=1)
        times = [name for name in rows.columns if "_seconds" in name]
        rows.loc[~rows["now"], [*times, "measured_peak_bytes"]] = pd.NA
        rows = rows.sort_values("now", kind="stable")
    rows = rows.drop_duplicates(["network", "implementation"], keep="last")
    return rows.sort_index().sort_values("params", kind="stable")


def _alike(rows: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Labels with the same bytes in every network that both have, in groups of two or more."""
    groups: dict[tuple[tuple[str, int], ...], list[str]] = {}
    for label, own in rows.groupby("label", sort=False):
        line = tuple(sorted(zip(own["network"], own["peak_bytes"].astype(int), strict=True)))
        groups.setdefault(line, []).append(str(label))
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _conditions(rows: pd.DataFrame) -> str:
    """`64 images a step; times in fp32, NVIDIA H100, torch 2.11.0, median of n=10`."""
    batch = f"{distinct(rows['batch_size'])} images a step"
    timed = rows[rows["step_seconds"].notna()]
    if timed.empty:
        return f"{batch}; nothing was timed"
    device, threads, torch = (distinct(timed[name]) for name in _ALIKE)
    many = "threads" if threads != "1" else "thread"
    threads = f", {threads} {many}" if device.startswith("cpu") else ""
    how = f"{device}{threads}, torch {torch}, median of n={distinct(timed['n'])}"
    return f"{batch}; times in {distinct(timed['precision'])}, {how}"
