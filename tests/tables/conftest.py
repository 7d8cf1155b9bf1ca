from tests.analysis.conftest import rows
from tests.report.conftest import study_fixture

__all__ = ["rows", "study_fixture"]
