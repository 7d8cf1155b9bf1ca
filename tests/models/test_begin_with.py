"""Networks that begin with a file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor
from torchvision.models import squeezenet1_1

from ablate.errors import SpecError
from ablate.machine import look_for_code
from ablate.models import build

HEAD = {"classifier.1.weight", "classifier.1.bias"}


@pytest.fixture
def state(tmp_path: Path) -> dict[str, Tensor]:
    look_for_code(tmp_path)
    return squeezenet1_1(weights=None, num_classes=7).state_dict()


def begun(file: str, classes: int = 7, **more: Any) -> dict[str, Tensor]:
    settings = {"family": "torchvision", "model": "squeezenet1_1", "image_size": 32}
    return build({**settings, "classes": classes, "weights": file, **more}).state_dict()


@pytest.mark.parametrize("name", ["w.pt", "w.pth", "w.safetensors"])
def test_all_of_it_where_it_fits(tmp_path: Path, state: dict[str, Tensor], name: str) -> None:
    (save_file if name.endswith("safetensors") else torch.save)(state, tmp_path / name)
    found = begun(name)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[key], state[key]) for key in state)


def test_all_but_a_head_of_other_classes(tmp_path: Path, state: dict[str, Tensor]) -> None:
    torch.save(state, tmp_path / "w.pt")
    found = begun("w.pt", classes=5)
    drawn = begun("w.pt", classes=5, weights=None)
    for key in state:
        wanted = drawn[key] if key in HEAD else state[key]
        assert torch.equal(found[key], wanted), key


def test_a_file_without_a_head(tmp_path: Path, state: dict[str, Tensor]) -> None:
    rest = {key: value for key, value in state.items() if key not in HEAD}
    torch.save(rest, tmp_path / "w.pt")
    found = begun("w.pt")
    assert all(torch.equal(found[key], rest[key]) for key in rest)


class Code:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("it was run",)


def test_what_does_not_fit_is_told_before_anything_trains(
    tmp_path: Path, state: dict[str, Tensor], capsys: pytest.CaptureFixture[str]
) -> None:
    first = "features.0.weight"
    wrong: dict[str, Any] = {
        "less": {key: value for key, value in state.items() if key != first},
        "more": {**state, "extra.weight": torch.zeros(1)},
        "wide": {**state, first: torch.zeros(64, 1, 3, 3)},
        "pickle": {**state, "code": Code()},
        "nested": {"state_dict": state},
    }
    for name, content in wrong.items():
        torch.save(content, tmp_path / f"{name}.pt")
    (tmp_path / "text.safetensors").write_text("no tensors")
    for file, said in {
        "less.pt": f"less.pt does not fit: {first} is missing",
        "more.pt": "more.pt does not fit: extra.weight is not in the network",
        "wide.pt": f"{first} is (64, 1, 3, 3), in the network (64, 3, 3, 3)",
        "pickle.pt": "pickle.pt must hold a state dict and nothing else",
        "nested.pt": "nested.pt must hold a state dict and nothing else",
        "text.safetensors": "text.safetensors must hold a state dict and nothing else",
    }.items():
        for device in ("meta", "cpu"):
            settings = {"family": "torchvision", "model": "squeezenet1_1", "classes": 7}
            with pytest.raises(SpecError) as caught:
                build({**settings, "weights": file}, device=device)
            assert said in str(caught.value) and "\n" not in str(caught.value)
    assert "it was run" not in capsys.readouterr().out


def test_companions_that_a_file_has_are_left_out(tmp_path: Path) -> None:
    """As torchvision's own weights of GoogLeNet have them."""
    look_for_code(tmp_path)
    settings = {"family": "torchvision", "model": "googlenet", "classes": 4, "image_size": 32}
    state = build(settings, seed=1).state_dict()
    torch.save({**state, "aux1.fc1.bias": torch.zeros(3)}, tmp_path / "w.pt")
    found = build({**settings, "weights": "w.pt"}).state_dict()
    assert all(torch.equal(found[key], state[key]) for key in state)
