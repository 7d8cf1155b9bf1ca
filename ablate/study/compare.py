"""A comparison: variants against a baseline, perhaps matched to cost the same."""

from __future__ import annotations

from functools import partial

from ablate.cells import DatasetFacts
from ablate.study.kind import (
    MORE_CELLS,
    Content,
    MarginKeys,
    SeedKeys,
    StudyKind,
    VariantKeys,
    lacking,
)
from ablate.study.match import Match
from ablate.study.race import race_planner
from ablate.text import Reader, Text, nearest, show


class CompareKeys(VariantKeys, SeedKeys, MarginKeys):
    """What a comparison reads."""

    baseline: Text = ""
    """The variant that differences are taken against."""
    match: Match | None = None
    """Settings to solve so that all variants cost the same."""


def _read(reader: Reader, facts: DatasetFacts | None) -> Content:
    """Its points are those of its variants; the baseline must be one of them."""
    baseline, variants = reader.plain("baseline"), reader.plain("variants")
    names = list(variants) if isinstance(variants, dict) else []
    if isinstance(baseline, str) and names and baseline not in names:
        hint = nearest(baseline, names)
        reader.fault(("baseline",), f"must be one of the variants, got {show(baseline)}{hint}")
    if reader.tree.get("match") and isinstance(reader.plain("seeds"), dict):
        reader.fault(("seeds",), "must be a list with a `match`")
    return Content()


COMPARE = StudyKind(
    keys=CompareKeys,
    needs=("variants", "baseline"),
    has="variants and a baseline",
    read=_read,
    changed=partial(lacking, "cells"),
    extended=MORE_CELLS,
    planner=race_planner,
    head=lambda study: {"baseline": study.file.baseline},
)
