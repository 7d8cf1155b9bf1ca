"""Runs of little searches."""

from tests.engine.conftest import quick
from tests.records.conftest import attempts_of

__all__ = ["attempts_of", "quick"]
