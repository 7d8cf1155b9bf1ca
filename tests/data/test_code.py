"""Images that a function of a user's gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from ablate.cells import Cell, Data, Recipe, fitted
from ablate.data import facts, load_images
from ablate.errors import MissingDataError
from ablate.machine import look_for_code
from ablate.networks import architecture

MODULE = """\
import numpy as np

def grey(count: int = 20, tone: int = 9):
    x = np.full((count, 4, 4), tone, np.uint8)
    y = np.arange(count) % 2
    images = x + y[:, None, None].astype(np.uint8)
    return {"x_train": images, "y_train": y, "x_test": x, "y_test": y}

def same():
    return grey()

def pairs(root):
    made = np.load(root / "colours.npy")
    items = [(each, index % 3) for index, each in enumerate(made)]
    return items[:9], items[9:]

def short():
    return {"x_train": [[1.5]], "y_trian": [0]}

def odd(*, kind: str):
    raise RuntimeError(f"no {kind}\\nhere")

def nothing():
    return [1]
"""


@pytest.fixture(autouse=True)
def module(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MODULE, encoding="utf-8")
    look_for_code(tmp_path)


def test_a_map_of_arrays(tmp_path: Path) -> None:
    data = Data(dataset="mine:grey", settings={"count": 30})
    images = load_images(data, tmp_path)
    assert images.x_train.shape == (30, 4, 4, 1) and images.x_test[0].unique().tolist() == [9]
    assert images.y_train.bincount().tolist() == [15, 15]
    assert facts(data, tmp_path) == images.facts
    assert (images.facts.classes, images.facts.hold_out, images.facts.image_size) == (2, 3, 4)
    assert data.subject == "grey"


def test_a_pair_of_sequences_from_the_folder(tmp_path: Path) -> None:
    colours = np.arange(12 * 5 * 5 * 3).reshape(12, 5, 5, 3).astype(np.uint8)
    np.save(tmp_path / "colours.npy", colours)
    images = load_images(Data(dataset="mine:pairs"), tmp_path)
    assert np.array_equal(images.x_train, colours[:9]) and np.array_equal(
        images.x_test, colours[9:]
    )
    assert images.y_test.tolist() == [0, 1, 2]


def test_a_key_knows_the_images_and_not_what_gave_them(tmp_path: Path) -> None:
    def key(name: str, **settings: int) -> str:
        data = Data(dataset=f"mine:{name}", settings=settings or None)
        known = facts(data, tmp_path)
        net = fitted(architecture(family="densenet", block_layers=[1]), known)
        return Cell(net, Recipe(epochs=1), data, 0, known).key

    assert key("grey") == key("same") == key("grey", count=20)
    assert key("grey", tone=10) != key("grey")


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("short", None, "mine:short: y_train is missing. Did you mean `y_trian`?"),
        ("odd", {"kind": "cats"}, "mine:odd: RuntimeError: no cats here"),
        ("nothing", None, "mine:nothing: TypeError: must give a map of x_train, y_train"),
        ("pairs", None, "mine:pairs: FileNotFoundError: "),
    ],
)
def test_what_it_does_wrong_is_told(
    name: str, settings: dict[str, str] | None, told: str, tmp_path: Path
) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_images(Data(dataset=f"mine:{name}", settings=settings), tmp_path)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            {"dataset": "mine:grey", "settings": {"tones": 3}},
            "unknown key `tones`. Did you mean `tone`",
        ),
        ({"dataset": "mine:grey", "settings": {"count": 2.5}}, "must be a whole number, got 2.5"),
        ({"dataset": "mine:odd"}, "kind: required key is missing"),
        ({"dataset": "mine:gray"}, "mine has no `gray`. Did you mean `grey`?"),
        ({"dataset": "digits", "settings": {"count": 2}}, "is read only where dataset is code"),
        ({"dataset": "mine"}, "unknown dataset 'mine'; valid: cifar10"),
    ],
)
def test_what_a_study_says_wrong_is_told(written: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Data(**written)  # type: ignore[arg-type]
    assert told in str(caught.value)
