"""Modules are `unit` by what they import, wherever they lie; what no import shows is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import tiers


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("from ablate.errors import AblateError", True),
        ("import pandas", True),
        ("if TYPE_CHECKING:\n    import torch", True),
        ("import torch", False),
        ("import torch.nn as nn", False),
        ("from torchvision import models", False),
        ("def test():\n    import torch", False),
        ("from ablate.training import fit", False),
        ("import ablate.models", False),
        ("from matplotlib.figure import Figure", False),
        ("from ablate.drawing.style import house_style", False),
        ("from ablate import models", False),
        ("from tests.weights import made", False),
        ("import subprocess", False),
        ("from multiprocessing import get_context", False),
    ],
)
def test_a_module_is_unit_by_its_imports(text: str, unit: bool, tmp_path: Path) -> None:
    module = tmp_path / "test_something.py"
    module.write_text(text, encoding="utf-8")
    assert tiers.is_unit(module) is unit


def test_a_folder_is_passed_over_for_its_fixtures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "ROOT", tmp_path)
    for room, line in {"light": "import json", "heavy": "import torch"}.items():
        (tmp_path / room / "deeper").mkdir(parents=True)
        (tmp_path / room / "conftest.py").write_text(line, encoding="utf-8")
    assert tiers.is_unit(tmp_path / "light" / "deeper")
    assert not tiers.is_unit(tmp_path / "heavy" / "deeper")


@pytest.mark.parametrize(
    ("event", "what"), [("import", "torch"), ("import", "matplotlib"), ("subprocess.Popen", "sh")]
)
def test_what_no_import_shows_is_refused(event: str, what: str) -> None:
    with pytest.raises(pytest.fail.Exception, match="mark it `heavy`"):
        tiers.refuse(event, (what, None, None))


def test_other_events_pass() -> None:
    tiers.refuse("import", ("json", None))
    tiers.refuse("open", ("torch", "r", 0))
