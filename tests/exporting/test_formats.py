"""Exported networks for those who do not have ablate."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import torch
import torchvision  # noqa: F401  the expressions on cards name it
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

import ablate
from ablate import exporting
from ablate.errors import ExportError, UsageError
from ablate.exporting.formats import write_onnx, write_program, write_torchvision
from ablate.models import build, random_images
from ablate.networks import DenseNet, architecture

SMALL_BC = {"growth_rate": 4, "bottleneck_width": 4, "compression": 0.5}
DENSENET = {"family": "densenet", "stem": "imagenet", "block_layers": [2, 3]} | SMALL_BC
RESNET = {"family": "resnet", "stem": "imagenet", "stage_blocks": [1, 1, 1, 1], "block": "basic"}


@pytest.mark.parametrize("settings", [DENSENET, RESNET, {**RESNET, "block": "bottleneck"}])
def test_the_card_says_what_loads_the_weights(settings: dict[str, Any], tmp_path: Path) -> None:
    ours = architecture(**settings).resolve(classes=7)
    module = build(ours, seed=3)
    images = random_images(ours, 2)
    module(images)  # moves the running statistics
    sentence = write_torchvision(module.eval(), ours, tmp_path)
    found = re.fullmatch("`torchvision.safetensors` is the state dict of `(.*)`.", sentence)
    assert found
    theirs: nn.Module = eval(found[1])
    theirs.load_state_dict(load_file(tmp_path / "torchvision.safetensors"))
    with torch.inference_mode():
        torch.testing.assert_close(theirs.eval()(images), module(images))


@pytest.mark.parametrize(
    "changed",
    [
        {"compression": 0.6},
        {"bottleneck_width": None},
        {"activation_order": "post"},
        {"connectivity": "full", "compression": 1.0},
        {"growth_rate": [4, 8]},
        {"stem": "cifar", "stem_channels": 64},
    ],
)
def test_what_torchvision_has_not(changed: dict[str, Any], tmp_path: Path) -> None:
    ours = DenseNet(**{**DENSENET, **changed}).resolve(classes=7)
    with pytest.raises(UsageError, match="torchvision has no network of this architecture: it has"):
        write_torchvision(build(ours).eval(), ours, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_greys_are_no_network_of_torchvisions(tmp_path: Path) -> None:
    ours = architecture(**RESNET).resolve(in_channels=1, classes=7)
    with pytest.raises(UsageError, match="for images of three channels"):
        write_torchvision(build(ours).eval(), ours, tmp_path)


def test_torchvisions_own_network(tmp_path: Path) -> None:
    ours = architecture(family="torchvision", model="resnet18").resolve(classes=7)
    with pytest.raises(UsageError, match="the network is torchvision's own"):
        write_torchvision(build(ours).eval(), ours, tmp_path)


class Untraceable(nn.Module):
    """It computes by NumPy, which no trace sees."""

    def forward(self, images: Tensor) -> Tensor:
        return images.flatten(1)[:, :7] * float(images.numpy().sum() > 0)


@pytest.mark.parametrize("write", [write_onnx, write_program])
def test_what_cannot_be_traced_is_one_line(write: Any, tmp_path: Path) -> None:
    if write is write_onnx:
        pytest.importorskip("onnxscript", reason="needs the extra ablate-nn[onnx]")
    ours = architecture(**RESNET).resolve(classes=7)
    with pytest.raises(ExportError, match=r"^no .* can be made of the network: .+$") as raised:
        write(Untraceable(), ours, tmp_path)
    assert len(str(raised.value).splitlines()) == 1


class Alike(nn.Module):
    """Other runtimes are told that it computes what it does not."""

    def forward(self, images: Tensor) -> Tensor:
        off = 0.0 if torch.compiler.is_compiling() else 1.0
        return images.flatten(1)[:, :7] + off


def test_what_differs_is_no_export(tmp_path: Path) -> None:
    ours = architecture(**RESNET).resolve(classes=7)
    with pytest.raises(
        ExportError, match=r"the torch.export program differs .* by 1, in a batch of 1"
    ):
        write_program(Alike(), ours, tmp_path)


def test_onnx(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason="needs the extra ablate-nn[onnx]")
    runtime = pytest.importorskip("onnxruntime", reason="needs the extra ablate-nn[onnx]")
    out = exporting.export(run, "plain", tmp_path / "out", onnx=True)
    assert "`model.onnx`" in (out / "README.md").read_text(encoding="utf-8")
    session = runtime.InferenceSession(out / "model.onnx", providers=["CPUExecutionProvider"])
    images = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    (logits,) = session.run(None, {"images": images.numpy()})
    with torch.inference_mode():
        assert torch.allclose(torch.from_numpy(logits), ablate.load(out)(images), atol=1e-4)


def test_a_program_runs_without_ablate(run: Path, tmp_path: Path) -> None:
    out = exporting.export(run, "plain", tmp_path / "out", program=True)
    images = torch.randn(5, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    save_file({"images": images}, tmp_path / "images.safetensors")
    code = """
        import sys
        sys.modules["ablate"] = None  # an import of it fails
        import torch
        from safetensors.torch import load_file, save_file
        with torch.inference_mode():
            program = torch.export.load(sys.argv[1] + "/out/model.pt2").module()
            logits = program(load_file(sys.argv[1] + "/images.safetensors")["images"])
        save_file({"logits": logits}, sys.argv[1] + "/logits.safetensors")
    """
    subprocess.run([sys.executable, "-c", dedent(code), str(tmp_path)], check=True)
    with torch.inference_mode():
        expected = ablate.load(out)(images)
    torch.testing.assert_close(load_file(tmp_path / "logits.safetensors")["logits"], expected)
    assert "`model.pt2`" in (out / "README.md").read_text(encoding="utf-8")


def test_a_format_that_a_network_has_not(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="torchvision has no network of this architecture"):
        exporting.export(run, "plain", tmp_path / "out", torchvision=True)
    assert list(tmp_path.iterdir()) == []
