"""Study files: the kinds of study, their keys and rules."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later

# The kinds of study and their rules, which a reader of the record need not wait for.
if TYPE_CHECKING:
    from ablate.study.for_run import load_for_run, require_kind
    from ablate.study.kind import Asked
    from ablate.study.kinds import StudyFile, kind_of_run
    from ablate.study.loading import load_study, read_whole
    from ablate.study.match import MATCHABLE, MEASURED, Goal, Matched, target_key
    from ablate.study.measure import MEASURED_PRECISIONS
    from ablate.study.planner import Planner, Standing, Wanted
    from ablate.study.points import Point
    from ablate.study.schema import study_schema
    from ablate.study.search import Search
    from ablate.study.shipped import shipped_studies, template
    from ablate.study.study import Study, StudyCell

__all__ = [
    "MATCHABLE",
    "MEASURED",
    "MEASURED_PRECISIONS",
    "Asked",
    "Goal",
    "Matched",
    "Planner",
    "Point",
    "Search",
    "Standing",
    "Study",
    "StudyCell",
    "StudyFile",
    "Wanted",
    "kind_of_run",
    "load_for_run",
    "load_study",
    "read_whole",
    "require_kind",
    "shipped_studies",
    "study_schema",
    "target_key",
    "template",
]

__getattr__ = opened_later(__name__, __file__)
