"""Parts of a recipe that are code beside a study, or of a package."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import Data, Recipe
from ablate.errors import Fault
from ablate.machine import keep_code, look_for_code
from ablate.study import Study
from ablate.text import from_plain, validate

# No torch: nothing is called here.
PARTS = """
class Focal:
    def __init__(self, gamma: float = 2.0, weights: tuple[float, ...] = ()): ...

def sharp(logits, labels, by: int): ...
def shifted(images, pixels: int = 1): ...
def plain_descent(params, lr): ...
def decayed(params, lr, weight_decay, beta: float = 0.9, fused: bool = False): ...
"""
DIGITS = Data(dataset="digits")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts.py").write_text(PARTS, encoding="utf-8")
    look_for_code(tmp_path)
    return tmp_path


def faults(**settings: Any) -> list[str]:
    found: list[Fault] = []
    assert validate(Recipe, from_plain({"epochs": 1, **settings}, ""), (), found) is None
    return [str(fault) for fault in found]


def canonical(**settings: Any) -> dict[str, Any]:
    return Recipe(epochs=1, **settings).canonical(DIGITS)


def test_parameters_are_settings(folder: Path) -> None:
    made = Recipe(epochs=1, loss={"from": "parts:Focal", "weights": [0.5, 1]})
    assert made.plugged["loss"].settings == {"gamma": 2.0, "weights": (0.5, 1.0)}
    assert made.model_dump(mode="json", exclude_unset=True)["loss"]["from"] == "parts:Focal"
    given = Recipe(epochs=1, loss={"from": "parts:sharp", "by": 3}).plugged["loss"]
    assert given.settings == {"by": 3}  # logits and labels are what it is called with
    assert Recipe(epochs=1, optimizer="parts:decayed").plugged["optimizer"].settings == {
        "beta": 0.9
    }
    assert Recipe(epochs=1).plugged == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "parts:Foc"}, "loss: `parts:Foc`: parts has no `Foc`. Did you mean `Focal`?"),
        ({"loss": "focal"}, "loss: must be MODULE:NAME, got 'focal'"),
        ({"loss": 3}, "loss: must be MODULE:NAME or a map with `from`, got 3"),
        (
            {"loss": {"gamma": 1}},
            "loss: must be MODULE:NAME or a map with `from`, got {gamma: 1}",
        ),
        (
            {"loss": {"from": "parts:Focal", "gama": 1}},
            "loss.gama: unknown key `gama`. Did you mean `gamma`?",
        ),
        (
            {"loss": {"from": "parts:Focal", "gamma": "x"}},
            "loss.gamma: must be a number, got 'x'",
        ),
        ({"loss": "parts:sharp"}, "loss.by: required key is missing"),
        ({"augmentation": "away:x"}, "augmentation: `away:x`: ModuleNotFoundError: No module"),
        (
            {"optimizer": "sdg"},
            "optimizer: must be one of sgd, adamw, got 'sdg'. Did you mean `sgd`?",
        ),
        (
            {"optimizer": "parts:plain_descent", "weight_decay": 0.1},
            "weight_decay: is no parameter of parts:plain_descent",
        ),
        (
            {"optimizer": "parts:plain_descent", "momentum": 0.8},
            "momentum: is read only with optimizer: sgd; this recipe has optimizer: "
            "parts:plain_descent",
        ),
        (
            {"loss": "parts:Focal", "label_smoothing": 0.1},
            "label_smoothing: is read only without a `loss` of your own",
        ),
    ],
)
def test_faults(folder: Path, settings: dict[str, Any], message: str) -> None:
    (found,) = faults(**settings)
    assert found.startswith(message)


def test_a_key_knows_code_and_settings_and_not_how_they_are_written(folder: Path) -> None:
    usual = canonical(loss="parts:Focal")
    assert usual == canonical(loss={"from": "parts:Focal", "gamma": 2.0})
    assert usual != canonical(loss={"from": "parts:Focal", "gamma": 1.0})
    (folder / "parts.py").write_text(f"# A comment.\n{PARTS}", encoding="utf-8")
    assert canonical(loss="parts:Focal") == usual
    before = Recipe(epochs=1, loss="parts:Focal")
    (folder / "parts.py").write_text(f"{PARTS}\nMORE = 1\n", encoding="utf-8")
    assert canonical(loss="parts:Focal") != usual == before.canonical(DIGITS)
    assert Recipe(epochs=1, loss="parts:Focal") != before


def test_other_processes_find_it(folder: Path) -> None:
    made = Recipe(epochs=1, loss="parts:Focal", augmentation={"from": "parts:shifted", "pixels": 2})
    again = pickle.loads(pickle.dumps(made))
    assert again == made and hash(again) == hash(made)
    assert again.plugged["augmentation"].settings == {"pixels": 2}


def test_it_is_kept_with_a_run(folder: Path, tmp_path: Path) -> None:
    for number, loss in enumerate(("parts:Focal", {"from": "parts:Focal", "gamma": 1})):
        run = tmp_path / f"run{number}"
        keep_code({"variants": {"A": {"recipe": {"loss": loss}}}}, run)
        assert (run / "code" / "parts.py").read_text(encoding="utf-8") == PARTS
    keep_code({"from": "parts:Focal", "variants": {"A": {"from": "parts:Focal"}}}, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_variants_code_has_none_of_the_settings_of_the_studys(
    folder: Path, study: Callable[..., Study]
) -> None:
    dense = {"family": "densenet", "depth": 22}
    changes = [
        {"loss": {"from": "parts:sharp", "by": 1}},
        {"loss": {"gamma": 1.0}},
        {"loss": None, "augmentation": "parts:shifted"},
    ]
    found = study(
        recipe={"epochs": 1, "loss": {"from": "parts:Focal", "gamma": 3.0}},
        variants={"A": dense, **{f"B{n}": {**dense, "recipe": c} for n, c in enumerate(changes)}},
    )
    plugged = [cell.cell.recipe.plugged for cell in found.cells()]
    settings = [each["loss"].settings if "loss" in each else None for each in plugged]
    focal = [{"gamma": gamma, "weights": ()} for gamma in (3.0, 1.0)]
    assert settings == [focal[0], {"by": 1}, focal[1], None]
    assert [*plugged[3]] == ["augmentation"]
