"""What users write, and pure rules on it. Loads neither torch nor Optuna."""

from ablate.spec.architecture import Architecture, Network
from ablate.spec.cell import (
    KEY_VERSION,
    Cell,
    State,
    hash_of,
    read_cell,
    read_cell_architecture,
    settings_of,
)
from ablate.spec.connectivity import sources
from ablate.spec.counts import parse_count
from ablate.spec.data import (
    DATASETS,
    IMAGE_SIZE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    SHORT_SIDE,
    STREAMED,
    Data,
    DatasetFacts,
    TrainingPart,
)
from ablate.spec.densenet import DenseNet
from ablate.spec.families import FAMILIES, architecture, as_architecture
from ablate.spec.finished import (
    CELL,
    CURVE,
    OF_ANOTHER_CELL,
    WEIGHTS,
    check_files,
    check_weights,
    has_digests,
    kept_predictions,
    read_finished,
    signed,
)
from ablate.spec.loading import load_architecture, load_study, read_file
from ablate.spec.match import Goal, Matched, target_key
from ablate.spec.metrics import COSTS, METRICS, MORE_ERRORS, Metric
from ablate.spec.points import Point, point_label
from ablate.spec.published import PUBLISHED, PublishedSet, published_names
from ablate.spec.ranges import Choice, FloatRange, IntRange
from ablate.spec.reading import Scalar, from_plain
from ablate.spec.recipe import PRESETS, Recipe
from ablate.spec.resnet_preact import ResNetPreact
from ablate.spec.schema import study_schema
from ablate.spec.search import Budget, Direction, Pruner, Sampler, Search
from ablate.spec.space import Knob, Space
from ablate.spec.study import Study, StudyCell
from ablate.spec.validating import RuleErrors
from ablate.spec.writing import as_field, as_yaml, from_field

__all__ = [
    "CELL",
    "COSTS",
    "CURVE",
    "DATASETS",
    "FAMILIES",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "IMAGE_SIZE",
    "KEY_VERSION",
    "METRICS",
    "MORE_ERRORS",
    "OF_ANOTHER_CELL",
    "PRESETS",
    "PUBLISHED",
    "SHORT_SIDE",
    "STREAMED",
    "WEIGHTS",
    "Architecture",
    "Budget",
    "Cell",
    "Choice",
    "Data",
    "DatasetFacts",
    "DenseNet",
    "Direction",
    "FloatRange",
    "Goal",
    "IntRange",
    "Knob",
    "Matched",
    "Metric",
    "Network",
    "Point",
    "Pruner",
    "PublishedSet",
    "Recipe",
    "ResNetPreact",
    "RuleErrors",
    "Sampler",
    "Scalar",
    "Search",
    "Space",
    "State",
    "Study",
    "StudyCell",
    "TrainingPart",
    "architecture",
    "as_architecture",
    "as_field",
    "as_yaml",
    "check_files",
    "check_weights",
    "from_field",
    "from_plain",
    "has_digests",
    "hash_of",
    "kept_predictions",
    "load_architecture",
    "load_study",
    "parse_count",
    "point_label",
    "published_names",
    "read_cell",
    "read_cell_architecture",
    "read_file",
    "read_finished",
    "settings_of",
    "signed",
    "sources",
    "study_schema",
    "target_key",
]
