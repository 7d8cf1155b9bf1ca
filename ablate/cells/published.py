"""Which numbers of the papers a study may have laid beside its own; `ablate.analysis` has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, WithJsonSchema

from ablate.cells.data import Data
from ablate.text import Text, nearest, show


@dataclass(frozen=True)
class PublishedSet:
    """What is known of a set of published numbers without reading them."""

    title: str  # where they were printed
    subjects: tuple[str, ...]  # the data that they are of, as papers call it
    kind: Literal["train", "measure"] = "train"  # of the studies that have such numbers


# Name -> set. The numbers of each are files of that name in `ablate/analysis/published`.
PUBLISHED: dict[str, PublishedSet] = {
    "table2": PublishedSet("CVPR 2017 Table 2", ("C10", "C10+", "C100", "C100+", "SVHN")),
    "fig3": PublishedSet("CVPR 2017 Table 3 and arXiv 1707.06990 Fig. 6", ("ImageNet",)),
    "fig5": PublishedSet(
        "arXiv 1707.06990 Fig. 4 and 5 (journal Fig. 5)", ("C10", "C10+"), kind="measure"
    ),
    "fig10": PublishedSet("arXiv 1707.06990 section 2 (journal Fig. 10)", ("C10+", "C100+")),
}


def _known(name: str) -> str:
    if name not in PUBLISHED:
        raise ValueError(f"unknown published numbers {show(name)}{nearest(name, PUBLISHED)}")
    return name


PublishedName = Annotated[Text, AfterValidator(_known), WithJsonSchema({"enum": list(PUBLISHED)})]


def published_names(kind: str) -> list[str]:
    """The sets that studies of this kind may name."""
    return [name for name, known in PUBLISHED.items() if known.kind == kind]


def broken_published(name: str | None, kind: str, data: Data) -> list[tuple[str, str]]:
    """Broken rules between a study's published numbers, its kind and its data: they must agree."""
    if name is None:
        return []
    known, broken = PUBLISHED[name], []
    if known.kind != kind:
        valid = ", ".join(published_names(kind))
        broken.append(f"{name} is read only with kind: {known.kind}; with kind: {kind}: {valid}")
    if data.subject not in known.subjects:
        has = ", ".join(known.subjects)
        broken.append(f"{name} has numbers on {has}, this study is on {data.subject}")
    return [("published", message) for message in broken]
