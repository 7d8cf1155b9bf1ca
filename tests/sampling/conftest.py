"""Runs of little searches."""

from tests.engine.conftest import quick

__all__ = ["quick"]
