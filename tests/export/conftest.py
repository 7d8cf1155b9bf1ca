"""A finished run, and a network exported from it."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablate
from ablate import export
from tests.conftest import TINY_STUDY


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the tiny study."""
    home = tmp_path_factory.mktemp("export")
    (home / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    ablate.run(ablate.load_study(home / "tiny.yaml"), runs=home / "runs", jobs=0)
    return home / "runs" / "tiny"


@pytest.fixture
def exported(run: Path, tmp_path: Path) -> Path:
    return export.export(run, "bc", tmp_path / "out")
