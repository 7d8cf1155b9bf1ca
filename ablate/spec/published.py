"""Which numbers of the papers a study may have laid beside its own; `ablate.analysis` has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from ablate.spec.data import Data
from ablate.spec.validating import Text, nearest, show


@dataclass(frozen=True)
class PublishedSet:
    """What is known of a set of published numbers without reading them."""

    title: str  # where they were printed
    subjects: tuple[str, ...]  # the data that they are of, as papers call it


# Name -> set. The numbers of each are a file of that name in `ablate/analysis/published`.
PUBLISHED: dict[str, PublishedSet] = {
    "table2": PublishedSet("CVPR 2017 Table 2", ("C10", "C10+", "C100", "C100+", "SVHN")),
    "fig3": PublishedSet("CVPR 2017 Table 3 and arXiv 1707.06990 Fig. 6", ("ImageNet",)),
    "fig10": PublishedSet("arXiv 1707.06990 section 2 (journal Fig. 10)", ("C10+", "C100+")),
}


def _known(name: str) -> str:
    if name not in PUBLISHED:
        raise ValueError(f"unknown published numbers {show(name)}{nearest(name, PUBLISHED)}")
    return name


PublishedName = Annotated[Text, AfterValidator(_known), WithJsonSchema({"enum": list(PUBLISHED)})]


def broken_published(name: str | None, data: Data) -> list[tuple[str, str]]:
    """The broken rule between a study's published numbers and its data: they are of the same."""
    subjects = PUBLISHED[name].subjects if name else ()
    if name is None or data.subject in subjects:
        return []
    has = ", ".join(subjects)
    return [("published", f"{name} has numbers on {has}, this study is on {data.subject}")]
