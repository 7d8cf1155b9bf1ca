"""A finished run, and a network exported from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate import exporting


@pytest.fixture
def run(finished_tiny: Path) -> Path:
    """A finished run of the tiny study."""
    return finished_tiny / "runs" / "tiny"


@pytest.fixture
def exported(run: Path, tmp_path: Path) -> Path:
    return exporting.export(run, "bc", tmp_path / "out")
