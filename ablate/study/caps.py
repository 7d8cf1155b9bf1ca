"""How much a study may come to: counted before it is spelled out, so that a slip is a message."""

from __future__ import annotations

from math import prod

from ablate.errors import Fault
from ablate.study.match import MATCHABLE
from ablate.text import Node, Path

MOST_CELLS = 20_000  # of a study: spelling them out takes seconds, planning them minutes


def check_size(tree: Node, faults: list[Fault]) -> bool:
    """Whether a study comes to no more than MOST_CELLS; else a fault where most of it is from."""
    own = _variants(tree)
    points = sum(count for _, count in own)
    seeds = _length(tree.get("seeds"))
    if points * seeds <= MOST_CELLS:
        return True
    widest, most = max(own, key=lambda one: one[1])
    path = ("seeds",) if seeds > most else widest
    got = f"{points * seeds}: {points} x {seeds} seeds" if seeds > 1 else str(points)
    faults.append(tree.fault(path, f"must come to at most {MOST_CELLS} cells, got {got}"))
    return False


def _variants(tree: Node) -> list[tuple[Path, int]]:
    """Where each variant's points come from, and how many they are; a design's as one."""
    match = tree.get("match")
    targets = max([_length(match.get(name)) for name in MATCHABLE]) if match else 1
    found: list[tuple[Path, int]] = []
    variants = tree.get("variants")
    for name, variant in variants.items() if variants else ():
        own = variant.get("sweep")
        path: Path = ("variants", name, "sweep") if own else ("sweep",)
        swept = _product(own or tree.get("sweep"))
        path = path if swept >= targets else ("match",)
        found.append((path if targets * swept > 1 else ("variants",), targets * swept))
    design = tree.get("design")
    if design:
        changes = design.get("changes")
        number = 2 + (len(changes.value) if changes and isinstance(changes.value, dict) else 0)
        kind = design.get("kind")
        if kind and kind.value == "path":  # one change more in every round
            number = 1 + (number - 2) * (number - 1) // 2
        swept = _product(tree.get("sweep"))
        path = ("sweep",) if swept > number else ("design", "changes")
        found.append((path, number * swept))
    return found or [((), 1)]


def _product(sweep: Node | None) -> int:
    return prod(_length(values) for _, values in sweep.items()) if sweep else 1


def _length(node: Node | None) -> int:
    """Of a list; 1 of anything else, which is a fault of its own or one value."""
    return max(1, len(node.value)) if node and isinstance(node.value, list) else 1
