"""A measurement: what a step of the variants costs. Nothing trains."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator

from ablate.cells import DatasetFacts
from ablate.networks import USUAL, check_implementations
from ablate.study.kind import Content, StudyKind, VariantKeys, lacking
from ablate.text import ListOf, Path, Reader, Text, show

MEASURED_PRECISIONS = ("fp32", "bf16")


class MeasureKeys(VariantKeys):
    """What a measurement reads."""

    implementations: Annotated[ListOf[Text], AfterValidator(check_implementations)] = USUAL
    """Whose modules are measured, ours and other packages'."""


def _read(reader: Reader, facts: DatasetFacts | None) -> Content:
    """Its points are those of its variants; their recipes must be ones that steps are taken of."""
    variants = reader.tree.get("variants")
    paths: list[Path] = [("variants", name) for name, _ in variants.items()] if variants else []
    for path in [(), *paths]:
        for key, names in (("precision", MEASURED_PRECISIONS), ("optimizer", ("sgd",))):
            written = reader.tree.find((*path, "recipe", key))
            if written and written.plain() not in names:
                rule = f"must be {' or '.join(names)} with kind: measure"
                reader.fault((*path, "recipe", key), f"{rule}, got {show(written.plain())}")
    return Content()


MEASURE = StudyKind(
    keys=MeasureKeys,
    needs=("variants",),
    has="kind: measure and variants",
    read=_read,
    changed=partial(lacking, "networks"),
    extended="More variants, sweep points or implementations extend it; for anything else give the "
    "new question a folder of its own with --as NAME",
    written="measure",
    only="is read only with kind: measure",
    refuses="is not read with kind: measure, which trains nothing",
)
