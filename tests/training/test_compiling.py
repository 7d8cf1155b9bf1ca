"""torch.compile where it is asked for: called, kept to full batches, left where it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from ablate.models import build
from ablate.networks import architecture
from ablate.training import Execution, fit
from ablate.training.compiling import compiled
from tests.training.cells import IMAGES, cell, same_weights


class Compiler:
    """Takes the place of torch.compile, and counts images that go through what it made."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.sizes = error, list[int]()

    def __call__(self, module: nn.Module, *, dynamic: bool) -> Callable[[Tensor], Tensor]:
        def call(images: Tensor) -> Tensor:
            self.sizes.append(len(images))
            if self.error is not None:
                raise self.error
            return module(images)

        return call


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Compiler:
    made = Compiler()
    monkeypatch.setattr(torch, "compile", made)
    return made


def test_full_batches_go_through_the_compiled_module(compiler: Compiler) -> None:
    made = cell({"epochs": 1})
    plain = fit(made, IMAGES)
    assert compiler.sizes == []
    assert same_weights(fit(made, IMAGES, Execution(compile=True)), plain)
    assert compiler.sizes == [32, 32, 32]  # the last 4, and evaluation's 40 of 256, as they are


def test_what_cannot_be_compiled_runs_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiler = Compiler(TorchDynamoException("no C++ compiler\nand more"))
    monkeypatch.setattr(torch, "compile", compiler)
    made = cell({"epochs": 1})
    assert same_weights(fit(made, IMAGES, Execution(compile=True)), fit(made, IMAGES))
    assert caplog.messages == ["compile: not compiled: no C++ compiler"]
    assert compiler.sizes == [32]


def test_other_errors_are_not_the_compilers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", Compiler(ValueError("other")))
    with pytest.raises(ValueError, match="other"):
        fit(cell({"epochs": 1}), IMAGES, Execution(compile=True))


def test_blocks_that_run_in_their_own_way_are_not_compiled(
    compiler: Compiler, caplog: pytest.LogCaptureFixture
) -> None:
    small: Any = {"family": "densenet", "depth": 7, "growth_rate": 4}
    module = build(architecture(**small), memory="efficient")
    assert compiled(module, (32,)) is module
    assert caplog.messages == [
        "compile: not compiled: memory mode efficient runs its blocks in its own way"
    ]
    fit(cell({"epochs": 1}), IMAGES, Execution(memory="efficient", compile=True))
    assert compiler.sizes == []


@pytest.mark.slow
def test_torchs_compiler_gives_the_same_network() -> None:
    made = cell({"epochs": 1})
    found, plain = (fit(made, IMAGES, Execution(compile=on)) for on in (True, False))
    for a, b in zip(found.module.parameters(), plain.module.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-2, atol=1e-3)
