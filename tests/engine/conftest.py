"""Runs of little searches."""

from __future__ import annotations

import pytest

from tests.engine.little_search import QuickRuns


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> QuickRuns:
    """Runs whose cells train in no time."""
    return QuickRuns(monkeypatch)
