"""The kinds of study, and the study file that any of them is written as."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pydantic import Field

from ablate.cells import Data, PublishedName, Recipe
from ablate.study.compare import COMPARE, CompareKeys
from ablate.study.design import DESIGN, DesignKeys
from ablate.study.kind import StudyKind
from ablate.study.measure import MEASURE, MeasureKeys
from ablate.study.search import SEARCH, SearchKeys
from ablate.text import Frozen, Name, Reader, Text

KINDS = (COMPARE, DESIGN, SEARCH, MEASURE)  # of a file with keys of several it is the last


class EveryStudy(Frozen):
    """The keys that studies of every kind have."""

    kind: Literal["train", "measure"] = "train"
    """measure: what a step of the networks costs."""
    name: Name
    """Of the study and of its run folder."""
    question: Text = ""
    """What the study is to answer."""
    reproduces: Text = ""
    """The published figure or table it is modelled on."""
    published: PublishedName | None = None
    """Numbers of the papers to lay beside ours."""
    data: Data
    """What is trained on, and what the error is of."""
    recipe: Recipe
    """How every cell is trained."""
    profiles: dict[str, Any] = Field(default_factory=dict)
    """Name -> what it changes above."""


class StudyFile(MeasureKeys, SearchKeys, DesignKeys, CompareKeys, EveryStudy):
    """Every key of a study file, in the reverse of this order; its kind refuses those of others.

    What is below `variants` and `profiles` is read on its own.
    """


def kind_of(reader: Reader) -> StudyKind | None:
    """The kind of a study that is being read; None where its `kind:` is no such thing."""
    written = reader.plain("kind") or "train"
    kinds = [kind for kind in KINDS if kind.written == written]
    has_key = (kind for kind in reversed(kinds) if reader.tree.get(kind.needs[0]))
    return next(has_key, kinds[0]) if kinds else None


def kind_of_run(head: Collection[str]) -> StudyKind:
    """The kind of study that a run folder is of, by the keys that its plan has of the study."""
    return next((kind for kind in reversed(KINDS) if {*kind.names} & {*head}), COMPARE)


def refused(kind: StudyKind) -> dict[str, str]:
    """Key -> what a study of this kind says of it, of all keys that only other kinds read."""
    keys = dict.fromkeys(key for each in KINDS for key in each.names)
    return {key: _refusal(kind, key) for key in keys if key not in kind.names}


def _refusal(kind: StudyKind, key: str) -> str:
    owners = [each for each in KINDS if key in each.names]
    alone = owners[0].only if len(owners) == 1 and kind.written == "train" else ""
    return alone or kind.refuses


def check_keys(kind: StudyKind, reader: Reader) -> None:
    """Faults of the keys that a study lacks, and of those that its kind does not read."""
    missing = [key for key in kind.needs if not reader.tree.get(key)]
    if kind is COMPARE and len(missing) == len(kind.needs):  # what it is meant for cannot be seen
        *others, last = [each.has for each in KINDS if each.written == "train"]
        has = f"a study has {', '.join(others)}, or {last}"
        reader.fault(("variants",), f"required key is missing: {has}")
        missing = []
    for key in missing:
        reader.fault((key,), "required key is missing")
    for key, message in refused(kind).items():
        if reader.tree.get(key):
            reader.fault((key,), message)
