"""Cells whose images stream from files: trained, interrupted, resumed, and read by processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.cells import Cell, Data, Recipe
from ablate.data import Images, centre, load_images, ten_crops
from ablate.errors import MissingDataError
from ablate.networks import architecture
from ablate.training import Epoch, Execution, fit
from tests.photos import write_photos
from tests.training.cells import numbers, same_weights

FRUIT: dict[str, Any] = {"dataset": "image_folder", "name": "fruit", "image_size": 32}


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return load_images(Data(**FRUIT), write_photos(tmp_path_factory.mktemp("photos")))


def cell(images: Images, recipe: dict[str, Any] | None = None, **data: Any) -> Cell:
    network = {"family": "densenet", "stem": "imagenet", "block_layers": [1, 1], "growth_rate": 4}
    return Cell(
        architecture(**network).resolve(in_channels=3, classes=3, image_size=32),
        Recipe(**{"epochs": 2, "batch_size": 8, "lr": 0.02} | (recipe or {})),
        Data(**FRUIT | {"augment": True} | data),
        0,
        images.facts,
    )


def test_photographs_are_learnt(images: Images) -> None:
    found = fit(cell(images, {"epochs": 8}), images)
    assert found.curve[-1].train_loss < 0.7 * found.curve[0].train_loss
    assert found.error < 100 * 2 / 3


def test_the_test_set_is_evaluated_in_the_middle_and_in_ten_crops(images: Images) -> None:
    found = fit(cell(images, evaluate="test"), images)

    def logits(crops: torch.Tensor) -> torch.Tensor:
        mean, std = (torch.tensor(v) for v in (images.facts.mean, images.facts.std))
        with torch.inference_mode():
            return found.module((crops.float() - mean).div(std).permute(0, 3, 1, 2))

    from PIL import Image

    middle, ten = [], []
    for i in range(len(images.y_test)):
        with Image.open(images.x_test.path(i)) as opened:  # type: ignore[union-attr]
            photo = opened.convert("RGB")
        middle.append(logits(centre(photo, 32)[None])[0])
        ten.append(logits(ten_crops(photo, 32)).softmax(1).mean(0))
    for scores, error in ((middle, found.error), (ten, found.more_errors["ten_crop_error"])):
        wrong = torch.stack(scores).argmax(1) != images.y_test
        assert error == pytest.approx(100 * wrong.float().mean().item())
    loss = torch.nn.functional.cross_entropy(torch.stack(middle), images.y_test)
    assert found.loss == pytest.approx(float(loss), rel=1e-4)
    assert found.more_errors["top5_error"] == 0  # of three classes


def test_one_error_of_images_in_memory() -> None:
    from tests.training.cells import IMAGES
    from tests.training.cells import cell as small

    assert fit(small({"epochs": 1}), IMAGES).more_errors == {}


ALTERED = {"cutout": 8, "mixup": 0.2}


@pytest.mark.parametrize(("augment", "recipe"), [(True, {}), (False, {}), (True, ALTERED)])
def test_interrupted_is_uninterrupted(
    images: Images, tmp_path: Path, augment: bool, recipe: dict[str, Any]
) -> None:
    def stop(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    made, path = cell(images, recipe, augment=augment), tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(made, images, checkpoint=path, on_epoch=stop)
    resumed, whole = fit(made, images, checkpoint=path), fit(made, images)
    assert same_weights(resumed, whole) and numbers(resumed.curve) == numbers(whole.curve)
    assert resumed.more_errors == whole.more_errors


def test_processes_give_the_same_numbers(images: Images) -> None:
    """Also those that dropout draws."""
    usual = cell(images)
    dropout = usual.architecture.model_copy(update={"dropout": 0.2})
    made = replace(usual, architecture=dropout)
    here, there = fit(made, images), fit(made, images, Execution(loaders=1))
    assert same_weights(here, there) and numbers(here.curve) == numbers(there.curve)


def test_augmentation_and_size_change_what_is_trained(images: Images) -> None:
    plain = fit(cell(images, augment=False), images)
    for knob in ({}, {"cutout": 8}, {"mixup": 0.2}):
        assert not same_weights(plain, fit(cell(images, knob, augment=not knob), images))


def test_a_broken_image_fails_the_cell_by_name(tmp_path: Path) -> None:
    images = load_images(Data(**FRUIT), write_photos(tmp_path))
    broken = tmp_path / "fruit" / "train" / "pear" / "3.jpg"
    broken.write_bytes(b"no image")
    with pytest.raises(MissingDataError, match=r"3\.jpg cannot be read as an image"):
        fit(cell(images, evaluate="test"), images)
