"""Published numbers that a study names; what is refused is in `tests/broken_studies`."""

from __future__ import annotations

from typing import Any

from ablate.cells import PUBLISHED, published_names
from ablate.study import load_study

STUDY: dict[str, Any] = {
    "name": "s",
    "data": {"dataset": "cifar10", "augment": True},
    "recipe": {"preset": "densenet-2017"},
    "baseline": "DenseNet",
    "variants": {"DenseNet": {"family": "densenet", "depth": 40}},
}


def test_a_study_names_them_and_asks_the_same_question() -> None:
    plain, beside = load_study(STUDY), load_study({**STUDY, "published": "table2"})
    assert plain.file.published is None and beside.file.published == "table2"
    assert plain.trains() == beside.trains()


def test_a_profile_on_other_data_takes_them_away() -> None:
    other = {"data": {"dataset": "digits", "augment": False}, "published": None}
    study = {**STUDY, "published": "table2", "profiles": {"digits": other}}
    assert load_study(study, profile="digits").file.published is None


def test_a_study_that_is_measured_has_sets_of_its_own() -> None:
    measured = {key: STUDY[key] for key in STUDY if key != "baseline"} | {"kind": "measure"}
    assert load_study({**measured, "published": "fig5"}).file.published == "fig5"
    assert published_names("measure") == ["fig5"] and "fig5" not in published_names("train")


def test_every_set_says_where_it_was_printed_and_on_what_data() -> None:
    assert all(known.title and known.subjects for known in PUBLISHED.values())
