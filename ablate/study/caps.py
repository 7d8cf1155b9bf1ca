"""How much a study may come to: counted before it is spelled out, so that a slip is a message."""

from __future__ import annotations

from math import prod
from typing import Any

from ablate.study.match import MATCHABLE
from ablate.study.race import MOST_SEEDS
from ablate.text import Path, Reader, is_whole

MOST_CELLS = 20_000  # of a study: spelling them out takes seconds, planning them minutes


def check_size(reader: Reader) -> bool:
    """Whether a study comes to no more than MOST_CELLS; else a fault where most of it is from."""
    parts = _parts(reader)
    points = sum(count for _, count in parts)
    seeds = _seeds(reader.plain("seeds"))
    if points * seeds <= MOST_CELLS:
        return True
    widest, most = max(parts, key=lambda part: part[1])
    path = ("seeds",) if seeds > most else widest
    got = f"{points * seeds}: {points} x {seeds} seeds" if seeds > 1 else str(points)
    reader.fault(path, f"must come to at most {MOST_CELLS} cells, got {got}")
    return False


def _parts(reader: Reader) -> list[tuple[Path, int]]:
    """Where each variant's points come from, and how many they are; a design's as one."""
    shared = _product(reader.plain("sweep"))
    match = reader.plain("match")
    targets = max(_length(reader.plain("match", name)) for name in MATCHABLE) if match else 1
    parts: list[tuple[Path, int]] = []
    variants = reader.tree.get("variants")
    for name, variant in variants.items() if variants else ():
        has_sweep = variant.get("sweep") is not None
        path: Path = ("variants", name, "sweep") if has_sweep else ("sweep",)
        swept = _product(reader.plain(*path)) if has_sweep else shared
        path = path if swept >= targets else ("match",)
        parts.append((path if targets * swept > 1 else ("variants",), targets * swept))
    if reader.tree.get("design"):
        changes = reader.plain("design", "changes")
        number = 2 + (len(changes) if isinstance(changes, dict) else 0)
        if reader.plain("design", "kind") == "path":  # one change more in every round
            number = 1 + (number - 2) * (number - 1) // 2
        parts.append((("sweep",) if shared > number else ("design", "changes"), number * shared))
    return parts or [((), 1)]


def _product(sweep: Any) -> int:
    return prod(map(_length, sweep.values())) if isinstance(sweep, dict) else 1


def _seeds(written: Any) -> int:
    """How many a point may come to have; those that race have a limit of their own."""
    most: Any = written.get("most") if isinstance(written, dict) else None
    return max(1, min(int(most), MOST_SEEDS)) if is_whole(most) else _length(written)


def _length(values: Any) -> int:
    """Of a list; 1 of anything else, which is a fault of its own or one value."""
    return max(1, len(values)) if isinstance(values, list) else 1
