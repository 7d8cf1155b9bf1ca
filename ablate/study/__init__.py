"""Study files: the kinds of study, their keys and rules."""

from ablate.study.design import point_on_path
from ablate.study.design_settings import Design, Kind
from ablate.study.for_run import load_for_run, require_kind
from ablate.study.greedy import Changes, Walk, changes_of, errors_of, variant_of, walk
from ablate.study.loading import load_study, read_whole
from ablate.study.match import MATCHABLE, MEASURED, Goal, Matched, target_key
from ablate.study.measure import MEASURED_PRECISIONS
from ablate.study.planned import PlannedCell
from ablate.study.points import Point, point_label
from ablate.study.schema import study_schema
from ablate.study.search_settings import Direction, Pruner, Search
from ablate.study.study import Study, StudyCell

__all__ = [
    "MATCHABLE",
    "MEASURED",
    "MEASURED_PRECISIONS",
    "Changes",
    "Design",
    "Direction",
    "Goal",
    "Kind",
    "Matched",
    "PlannedCell",
    "Point",
    "Pruner",
    "Search",
    "Study",
    "StudyCell",
    "Walk",
    "changes_of",
    "errors_of",
    "load_for_run",
    "load_study",
    "point_label",
    "point_on_path",
    "read_whole",
    "require_kind",
    "study_schema",
    "target_key",
    "variant_of",
    "walk",
]
