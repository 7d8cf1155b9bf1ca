"""The kinds of study: what each reads, and what it says of the keys of the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import Data, Recipe
from ablate.errors import SpecError
from ablate.study import Asked, StudyFile, load_study, read_whole
from ablate.study.compare import COMPARE
from ablate.study.design import DESIGN
from ablate.study.kind import StudyKind
from ablate.study.kinds import KINDS, EveryStudy, refused
from ablate.study.measure import MEASURE
from ablate.study.search import SEARCH
from ablate.text import from_plain, merge

STUDIES = Path(__file__).parents[2] / "studies"
DENSE = {"family": "densenet", "depth": 22}
# A whole study of each kind, and a value that each key may have.
EXAMPLES: dict[str, dict[str, Any]] = {
    "variants and a baseline": {"variants": {"A": DENSE, "B": {**DENSE, "depth": 40}},
                                "baseline": "A"},
    "a design": {"design": {"kind": "one_at_a_time", "baseline": DENSE,
                            "changes": {"deep": {"depth": 40}}}},
    "a space": {"space": {"family": "densenet", "depth": {"choice": [22, 40]}},
                "budget": {"trials": 2}},
    "kind: measure and variants": {"kind": "measure", "variants": {"A": DENSE}},
}  # fmt: skip
VALUES: dict[str, Any] = {
    "match": {"params": "baseline", "by": "growth_rate"},
    "sweep": {"growth_rate": [8, 12]},
    "seeds": [0],
    "margin": 0.5,
    "implementations": ["timm"],
    "sampler": {"name": "random"},
    "pruner": {"name": "none"},
    "objectives": {"error": "minimize"},
    "limits": {"params": "1M"},
    **{key: value for example in EXAMPLES.values() for key, value in example.items()},
}


def written(kind: StudyKind, **more: Any) -> dict[str, Any]:
    head = {"name": "s", "data": {"dataset": "cifar10"}, "recipe": {"epochs": 2}}
    return {**head, **EXAMPLES[kind.has], **more}


def ids(kind: StudyKind) -> str:
    return kind.has


def test_a_study_file_has_the_keys_of_every_kind_and_no_other() -> None:
    of_kinds = {key for kind in KINDS for key in kind.names}
    assert of_kinds | set(EveryStudy.model_fields) == set(StudyFile.model_fields)
    assert not of_kinds & set(EveryStudy.model_fields)


@pytest.mark.parametrize("kind", KINDS, ids=ids)
def test_a_kind_reads_its_own_keys_and_refuses_the_rest(kind: StudyKind) -> None:
    study = load_study(written(kind))
    assert study.kind is kind and (study.planner is not None) == (kind is SEARCH)
    assert {*kind.names, *refused(kind)} == {key for each in KINDS for key in each.names}


PAIRS = [
    (kind, key)
    for kind in KINDS
    for key in refused(kind)
    # What a later kind needs makes it a study of that one.
    if key not in (k.needs[0] for k in KINDS[KINDS.index(kind) + 1 :] if k.written == kind.written)
    and not (kind.has == "a design" and key == "space")
]


@pytest.mark.parametrize(("kind", "key"), PAIRS, ids=[f"{k.has} {key}" for k, key in PAIRS])
def test_what_it_says_of_a_key_that_it_does_not_read(kind: StudyKind, key: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_study(written(kind, **{key: VALUES[key]}))
    assert f"study: {key}: {refused(kind)[key]}" in map(str, caught.value.faults)


def test_parts_of_a_study_are_validated_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[type] = Counter()
    for model in (Data, Recipe):

        def count(value: Any, of: Any = model, validate: Any = model.model_validate) -> Any:
            counts[of] += 1
            return validate(value)

        monkeypatch.setattr(model, "model_validate", count)
    path = STUDIES / "table2_c10_plus.yaml"
    load_study(path)
    written = read_whole(path).plain()
    files = [written, *(merged(written, over) for over in written["profiles"].values())]
    recipes = [1 + sum("recipe" in variant for variant in f["variants"].values()) for f in files]
    assert counts == {Data: len(files), Recipe: sum(recipes)}


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    return merge(from_plain(base, ""), from_plain(over, "")).plain()  # type: ignore[no-any-return]


HELD = frozenset({"a", "b"})


def refusals(held: StudyKind, kind: StudyKind, items: frozenset[str], **more: Any) -> list[str]:
    """Why a run of an example of one kind cannot go on with one of another that has `items`."""
    first, second = (Asked(k, lambda k=k: load_study(written(k)), i)  # type: ignore[misc]
                     for k, i in ((held, HELD), (kind, items)))  # fmt: skip
    return kind.refusals(first, replace(second, **more))


@pytest.mark.parametrize("kind", [COMPARE, DESIGN, MEASURE], ids=ids)
def test_a_kind_that_lists_goes_on_with_all_that_was_listed(kind: StudyKind) -> None:
    assert refusals(kind, kind, HELD | {"c"}) == []
    (reason,) = refusals(kind, kind, frozenset({"b", "c"}))
    assert reason.startswith("1 of its 2 ") and reason.endswith(" are not in this study")
    assert refusals(SEARCH, kind, HELD) == ["it is a search"]


def test_a_search_goes_on_with_what_keeps_its_meaning() -> None:
    def wider() -> Any:
        space = {"family": "densenet", "depth": {"choice": [22, 40, 76]}}
        return load_study(written(SEARCH, space=space, budget={"trials": 9}))

    def other() -> Any:
        return load_study(written(SEARCH, sampler={"name": "random"}, limits={"params": "1M"}))

    assert refusals(SEARCH, SEARCH, HELD, study=wider) == []
    assert refusals(SEARCH, SEARCH, HELD, study=other) == ["another sampler", "another limits"]
    elsewhere = refusals(SEARCH, SEARCH, HELD, dataset="0123")
    assert elsewhere == ["the images of its dataset are others"]
    assert refusals(COMPARE, SEARCH, HELD) == ["it is no search"]
