"""Models of torchvision and timm: which are image classifiers, and what their builders take."""

from __future__ import annotations

import inspect
import sys
from typing import Any

import pytest
import torch

from ablate.plugins import NoSuchCode, library_model


def shape_of(library: str, name: str, **settings: Any) -> tuple[int, ...]:
    """What a model makes of two images of 32 pixels in training, without arithmetic."""
    with torch.device("meta"):
        module = library_model(library, name).code.make(3, 7, 32, **settings)
        given = module.train()(torch.empty(2, 3, 32, 32))
    return tuple(given.shape)


@pytest.mark.parametrize(
    "name", ["squeezenet1_0", "regnet_y_400mf", "vit_b_16", "googlenet", "densenet121"]
)
def test_models_of_torchvision_give_plain_logits(name: str) -> None:
    """RegNets ask tensors for their widths, and GoogLeNet has companions unless told not to."""
    assert shape_of("torchvision", name) == (2, 7)


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "mobilenetv3_small_050"])
def test_models_of_timm_give_plain_logits(name: str) -> None:
    pytest.importorskip("timm")
    assert shape_of("timm", name) == (2, 7)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("resnet19", "no image classifier 'resnet19' in torchvision; nearest: resnet18"),
        ("nothing_like_it", "`torchvision` has "),
        ("fasterrcnn_resnet50_fpn", "must be an image classifier, got fasterrcnn_resnet50_fpn of"),
        ("quantized_resnet18", "of torchvision.models.quantization.resnet"),
        ("r3d_18", "of torchvision.models.video.resnet"),
        ("fcn_resnet50", "of torchvision.models.segmentation.fcn"),
    ],
)
def test_what_is_no_classifier_of_torchvision(name: str, said: str) -> None:
    with pytest.raises(NoSuchCode) as caught:
        library_model("torchvision", name)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["resnet18.a1_in1k", "hf-hub:timm/resnet18"])
def test_names_of_weights_to_be_downloaded_are_none(name: str) -> None:
    pytest.importorskip("timm")
    with pytest.raises(NoSuchCode, match="no image classifier"):
        library_model("timm", name)


def test_without_timm_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(NoSuchCode) as caught:
        library_model("timm", "a_name_that_nothing_else_asks_for")
    assert "timm is not installed: pip install 'ablate-nn[timm]'" in str(caught.value)


def test_settings_are_what_the_builder_and_its_helpers_take() -> None:
    found = library_model("torchvision", "mobilenet_v3_small").settings
    assert found["width_mult"] is float  # a helper's, not the class's
    assert found["norm_layer"] is Any  # a class of layers or null
    assert not {"num_classes", "weights", "progress", "inverted_residual_setting"} & set(found)
    assert library_model("torchvision", "resnet18").settings["width_per_group"] is int
    assert shape_of("torchvision", "mobilenet_v3_small", width_mult=0.5) == (2, 7)


def test_a_version_is_the_same_on_every_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablate.plugins.libraries.metadata.version", lambda name: "0.29.1+cu126")
    package = library_model("torchvision", "squeezenet1_1").code.package
    assert package == "torchvision 0.29.1"


def test_looking_at_a_model_draws_no_numbers() -> None:
    before = torch.get_rng_state()
    library_model("torchvision", "regnet_x_400mf")
    assert torch.equal(torch.get_rng_state(), before)


def test_builders_are_called_as_families_are() -> None:
    made = library_model("torchvision", "resnet18").code.make
    assert {"in_channels", "classes", "image_size"} < set(inspect.signature(made).parameters)
