"""Study files: the kinds of study, their keys and rules."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ablate.study.planned import PlannedCell, point_label

if TYPE_CHECKING:
    from ablate.study.design_settings import Design, Kind
    from ablate.study.for_run import load_for_run, require_kind
    from ablate.study.greedy import Walk, changes_of, errors_of, variant_of, walk
    from ablate.study.kind import Asked
    from ablate.study.kinds import StudyFile, kind_of_run
    from ablate.study.loading import load_study, read_whole
    from ablate.study.match import MATCHABLE, MEASURED, Goal, Matched, target_key
    from ablate.study.measure import MEASURED_PRECISIONS
    from ablate.study.planner import Planner, Standing, Wanted
    from ablate.study.points import Point
    from ablate.study.schema import study_schema
    from ablate.study.search import Search
    from ablate.study.study import Study, StudyCell

__all__ = [
    "MATCHABLE",
    "MEASURED",
    "MEASURED_PRECISIONS",
    "Asked",
    "Design",
    "Goal",
    "Kind",
    "Matched",
    "PlannedCell",
    "Planner",
    "Point",
    "Search",
    "Standing",
    "Study",
    "StudyCell",
    "StudyFile",
    "Walk",
    "Wanted",
    "changes_of",
    "errors_of",
    "kind_of_run",
    "load_for_run",
    "load_study",
    "point_label",
    "read_whole",
    "require_kind",
    "study_schema",
    "target_key",
    "variant_of",
    "walk",
]

# The kinds of study and their rules, which a reader of the record need not wait for.
_LATER = {
    "Asked": "kind",
    "Design": "design_settings",
    "Goal": "match",
    "Kind": "design_settings",
    "MATCHABLE": "match",
    "MEASURED": "match",
    "MEASURED_PRECISIONS": "measure",
    "Matched": "match",
    "Planner": "planner",
    "Point": "points",
    "Search": "search",
    "Standing": "planner",
    "Study": "study",
    "StudyCell": "study",
    "StudyFile": "kinds",
    "Walk": "greedy",
    "Wanted": "planner",
    "changes_of": "greedy",
    "errors_of": "greedy",
    "kind_of_run": "kinds",
    "load_for_run": "for_run",
    "load_study": "loading",
    "read_whole": "loading",
    "require_kind": "for_run",
    "study_schema": "schema",
    "target_key": "match",
    "variant_of": "greedy",
    "walk": "greedy",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
