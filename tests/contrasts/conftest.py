from tests.analysis.conftest import rows

__all__ = ["rows"]
