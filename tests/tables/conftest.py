from tests.analysis.conftest import rows
from tests.figures.conftest import study_fixture

__all__ = ["rows", "study_fixture"]
