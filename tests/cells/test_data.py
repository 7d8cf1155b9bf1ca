"""The data of a cell: rules, and how many images are trained on."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.cells import DATASETS, Data, DatasetFacts
from ablate.errors import Fault
from ablate.text import from_plain, validate

CIFAR = DATASETS["cifar10"]
assert CIFAR is not None


def faults(**settings: Any) -> list[str]:
    found: list[Fault] = []
    assert validate(Data, from_plain(settings, ""), (), found) is None
    return [str(fault) for fault in found]


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ({}, ["dataset: required key is missing"]),
        ({"dataset": "svhm"}, ["dataset: unknown dataset 'svhm'. Did you mean `svhn`?"]),
        ({"dataset": "x"}, [f"dataset: unknown dataset 'x'; valid: {', '.join(DATASETS)}"]),
        (
            {"dataset": "cifar10", "name": "x", "image_size": 64},
            [
                "name: is read only with dataset: arrays | image_folder",
                "image_size: is read only with dataset: imagenet | image_folder",
            ],
        ),
        ({"dataset": "image_folder"}, ["name: is required with dataset: image_folder"]),
        ({"dataset": "imagenet", "image_size": 0}, ["image_size: must be >= 1, got 0"]),
        (
            {"dataset": "imagenet", "augment": True, "pad": "black"},
            ["pad: has no meaning with dataset: imagenet, whose crops lie within the image"],
        ),
        ({"dataset": "arrays"}, ["name: is required with dataset: arrays"]),
        (
            {"dataset": "arrays", "name": "../x.npz", "augment": 1},
            [
                "name: must be a file name without ending or folder, got '../x.npz'",
                "augment: must be true or false, got 1",
            ],
        ),
        ({"dataset": "cifar10", "pad": "black"}, ["pad: is read only with augment: true"]),
        ({"dataset": "cifar10", "hold_out": 0}, ["hold_out: must be >= 1, got 0"]),
        (
            {"dataset": "cifar10", "hold_out": 49_991},
            ["hold_out: must be <= 49990 for cifar10, got 49991"],
        ),
        (  # of the 73,257 difficult images two thirds of them would have to be
            {"dataset": "svhn", "hold_out": 109_886},
            ["hold_out: must be <= 109885 for svhn, got 109886"],
        ),
        ({"dataset": "cifar10", "limit": 1}, ["limit: must be >= 2, got 1"]),
        (
            {"dataset": "cifar10", "limit": 9},
            ["limit: must be >= 10, the number of classes of cifar10, got 9"],
        ),
        ({"dataset": "cifar10", "split_seed": -1}, ["split_seed: must be >= 0, got -1"]),
    ],
)
def test_rules(settings: dict[str, Any], messages: list[str]) -> None:
    assert faults(**settings) == messages


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        ({}, 45_000),
        ({"hold_out": 49_990}, 10),
        ({"evaluate": "test"}, 50_000),
        ({"limit": 10}, 10),
        ({"limit": 100_000}, 45_000),
        ({"limit": 46_000, "evaluate": "test"}, 46_000),
    ],
)
def test_images_trained_on(settings: dict[str, Any], count: int) -> None:
    assert Data(dataset="cifar10", **settings).train_count(CIFAR) == count


@pytest.mark.parametrize(
    ("settings", "same"),
    [
        ({"hold_out": 5_000}, True),
        ({"hold_out": 4_999}, False),
        ({"limit": 45_000}, True),
        ({"limit": 44_999}, False),
        ({"limit": 45_000, "evaluate": "test"}, False),
        # It cuts no training image, but the hold-out.
        ({"limit": 20_000, "hold_out": 30_000}, False),
    ],
)
def test_the_usual_written_out_is_no_other_data(settings: dict[str, Any], same: bool) -> None:
    usual = {key: value for key, value in settings.items() if key == "evaluate"}
    one, other = (Data(dataset="cifar10", **given) for given in (settings, usual))
    assert (one.canonical(CIFAR) == other.canonical(CIFAR)) is same


def test_the_content_of_arrays_is_part_of_the_data() -> None:
    def canonical(fingerprint: str) -> dict[str, Any]:
        facts = DatasetFacts(3, 8, 2, 100, 20, 10, 1, False, (0.0,), (1.0,), fingerprint)
        return Data(dataset="arrays", name="mine").canonical(facts)

    assert canonical("a") != canonical("b")


@pytest.mark.parametrize("name", [name for name, facts in DATASETS.items() if facts])
def test_facts_are_per_channel_and_hold_out_leaves_images(name: str) -> None:
    facts = DATASETS[name]
    assert facts is not None
    assert len(facts.mean) == len(facts.std) == facts.channels
    assert all(0 <= mean < 255 for mean in facts.mean)
    assert all(0 < std <= 255 for std in facts.std)
    assert facts.classes <= facts.hold_out <= facts.train_images - facts.classes
    assert (facts.pad == 0) is facts.streamed and facts.pad < facts.image_size // 2
    assert not facts.fingerprint


@pytest.mark.parametrize("name", [name for name, facts in DATASETS.items() if facts])
def test_the_hold_out_is_a_tenth_unless_the_papers_say(name: str) -> None:
    facts = DATASETS[name]
    assert facts is not None
    usual = {"svhn": 6_000, "digits": 144, "imagenet": 50_000}.get(name, facts.train_images // 10)
    assert Data(dataset=name).train_count(facts) == facts.train_images - usual
    assert Data(dataset=name).evaluated_count(facts) == usual


def test_svhn_is_trained_on_as_in_the_paper() -> None:
    facts = DATASETS["svhn"]
    assert facts is not None
    assert (facts.train_images, facts.test_images, facts.hold_out) == (604_388, 26_032, 6_000)
    assert Data(dataset="svhn").train_count(facts) == 598_388
    on_test = Data(dataset="svhn", evaluate="test")
    assert on_test.train_count(facts, picks=True) == 598_388
    assert on_test.held_out_count(facts, picks=True) == 6_000
    assert (on_test.train_count(facts), on_test.held_out_count(facts)) == (604_388, 0)
    assert [(part.images, part.hold_out) for part in facts.parts] == [
        (73_257, 4_000),  # 400 a class
        (531_131, 2_000),  # 200
    ]


def test_how_svhn_is_held_out_is_part_of_the_data_where_it_is() -> None:
    facts = DATASETS["svhn"]
    assert facts is not None
    on_test = Data(dataset="svhn", evaluate="test")
    assert Data(dataset="svhn").canonical(facts) == {"dataset": "svhn", "holding_out": 2}
    plain = {"dataset": "svhn", "evaluate": "test"}
    assert on_test.canonical(facts) == plain
    assert on_test.canonical(facts, picks=True) == {**plain, "holding_out": 2}
    other = Data(dataset="svhn", evaluate="test", hold_out=600)
    assert other.canonical(facts, picks=True)["hold_out"] == 600
    assert other.canonical(facts) == plain


def test_digits_are_not_mirrored() -> None:
    flips = {name for name, facts in DATASETS.items() if facts and facts.flip}
    assert flips == {"cifar10", "cifar100", "fashion_mnist", "imagenet"}


@pytest.mark.parametrize(
    ("settings", "subject"),
    [
        ({"dataset": "cifar10"}, "C10"),
        ({"dataset": "cifar100"}, "C100"),
        ({"dataset": "svhn"}, "SVHN"),
        ({"dataset": "fashion_mnist"}, "Fashion-MNIST"),
        ({"dataset": "digits"}, "digits"),
        ({"dataset": "arrays", "name": "mine"}, "mine"),
    ],
)
def test_subject(settings: dict[str, Any], subject: str) -> None:
    assert Data(**settings).subject == subject
    assert Data(**settings, augment=True).subject == f"{subject}+"


def test_imagenet_is_what_papers_call_it_whether_augmented_or_not() -> None:
    assert {Data(dataset="imagenet", augment=augment).subject for augment in (True, False)} == {
        "ImageNet"
    }


@pytest.mark.parametrize(("size", "same"), [(None, True), (224, True), (160, False)])
def test_the_size_of_crops_is_part_of_the_data(size: int | None, same: bool) -> None:
    one, usual = Data(dataset="imagenet", image_size=size), Data(dataset="imagenet")
    known = one.known_facts
    assert known is not None and known.image_size == (size or 224)
    assert (one.canonical(known) == usual.canonical(known)) is same


def test_a_new_reading_is_part_of_the_data_where_it_is_new_alone() -> None:
    """Cells of datasets that are read as ever keep their keys."""
    known = {name: facts for name, facts in DATASETS.items() if facts}
    plain = {name: Data(dataset=name).canonical(facts) for name, facts in known.items()}
    versions = {name: document.get("reading") for name, document in plain.items()}
    assert versions == {**dict.fromkeys(known), "imagenet": 2}
    folder = Data(dataset="image_folder", name="mine")
    assert folder.canonical(CIFAR)["reading"] == 2
