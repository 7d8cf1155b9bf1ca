from tests.report.conftest import study_fixture

__all__ = ["study_fixture"]
