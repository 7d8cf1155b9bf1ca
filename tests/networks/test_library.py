"""`family: torchvision` and `family: timm`: settings, keys, and files of weights."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import torch  # noqa: F401  a model is built to see what it takes

from ablate.cells import hash_of, settings_of
from ablate.errors import MissingDataError, SpecError
from ablate.machine import keep_code, look_for_code
from ablate.networks import architecture


def small(**settings: Any) -> Any:
    given = {"family": "torchvision", "model": "squeezenet1_1", **settings}
    return architecture(**given)


def key(**settings: Any) -> str:
    return hash_of(small(**settings).resolve().network().canonical())


def faults(**settings: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        small(**settings)
    return str(caught.value).splitlines()


def test_settings_are_the_builders() -> None:
    made = small(dropout=0.2, classes=7)
    assert settings_of(made) == {
        "family": "torchvision",
        "classes": 7,
        "model": "squeezenet1_1",
        "dropout": 0.2,
    }
    network = made.resolve().network()
    assert network.settings == {"dropout": 0.2}
    assert network.code.described.startswith("torchvision:squeezenet1_1, package torchvision ")
    assert pickle.loads(pickle.dumps(made)) == made


def test_what_is_wrong_with_settings_is_told() -> None:
    assert faults(dropuot=0.1) == ["dropuot: unknown key `dropuot`. Did you mean `dropout`?"]
    assert faults(dropout="much") == ["dropout: must be a number, got 'much'"]
    assert faults(num_classes=3)[0].startswith("num_classes: is the data's number of classes")
    assert faults(pretrained=True)[0].startswith("pretrained: nothing is downloaded")
    assert faults(model="squeezenet1_2")[0].startswith("model: no image classifier")
    assert faults(model=None, dropout=1) != []
    (told,) = faults(model="googlenet", aux_logits=True)
    assert told == "aux_logits: is false here: ablate trains one classifier"


def test_torchvision_takes_three_channels() -> None:
    with pytest.raises(ValueError, match="take images of 3 channels, got 1; timm's take any"):
        small().resolve(in_channels=1)


def test_the_usual_input_is_the_librarys() -> None:
    assert small().resolve().resolved_input() == (3, 1000, 224)


def test_keys_know_model_settings_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert key() == key(dropout=None) != key(dropout=0.1)
    assert key() != key(model="squeezenet1_0")
    network = small().resolve().network()
    assert network.canonical()["code"]["package"].startswith("torchvision ")


def test_timm_lets_some_builders_say_what_they_take() -> None:
    pytest.importorskip("timm")
    assert architecture(family="timm", model="test_byobnet", drop_rate=0.1)
    with pytest.raises(SpecError, match=r"`drop_rat`\. Did you mean `drop_rate`"):
        architecture(family="timm", model="test_resnet", drop_rat=0.1)
    with pytest.raises(SpecError, match="depths: must be a list, got 3"):
        architecture(family="timm", model="test_convnext", depths=3)
    assert architecture(family="timm", model="test_vit", act_layer="gelu")


def test_keys_know_what_weights_say_and_not_where_they_are(tmp_path: Path) -> None:
    # A name that no other test has: a process looks in the folders of all studies that it read.
    (tmp_path / "study" / "only_here").mkdir(parents=True)
    file = tmp_path / "study" / "only_here" / "w.pt"
    file.write_bytes(b"weights")
    look_for_code(tmp_path / "study")
    begun = key(weights="only_here/w.pt")
    assert begun != key()
    for document in (
        {"sweep": {"weights": [None, "only_here/w.pt"]}},
        {"weights": "only_here/w.pt"},
    ):
        keep_code(document, tmp_path / "run")
    (kept,) = (tmp_path / "run" / "code").iterdir()
    assert kept.samefile(file)
    file.unlink()
    with pytest.raises(MissingDataError, match=r"only_here/w\.pt is no file beside the study"):
        key(weights="only_here/w.pt")
    look_for_code(tmp_path / "run")
    assert key(weights="only_here/w.pt") == begun
    file.write_bytes(b"other")
    look_for_code(tmp_path / "study")
    assert key(weights="only_here/w.pt") != begun
    keep_code({"weights": "only_here/w.pt"}, tmp_path / "run")
    assert kept.read_bytes() == b"other"


def test_a_trained_one_needs_no_file() -> None:
    trained = small(weights="nowhere.pt").trained()
    assert "weights" not in settings_of(trained)
    assert hash_of(trained.resolve().network().canonical()) == key()
