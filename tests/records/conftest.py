"""The made-up attempts of the engine's tests, for those of the record."""

from __future__ import annotations

from tests.engine.conftest import trials

__all__ = ["trials"]
