"""The unit of work: recipe, data, metrics, a cell and its key, and the files it ends with."""

from typing import TYPE_CHECKING

from ablate.cells.added_seeds import added_seeds_note
from ablate.cells.class_names import CLASS_NAMES
from ablate.cells.columns import (
    AFTER_SWEEP,
    BEFORE_SWEEP,
    COLUMNS,
    MEASURED,
    OF_CLASSES,
    OF_DIFFERENCES,
    OF_LINES,
    OF_MEANS,
    OF_NETWORKS,
    WHERE_SOME,
)
from ablate.cells.files import CELL, CURVE, WEIGHTS, checkpoint_before, is_as_signed
from ablate.cells.folder import CellFolder
from ablate.cells.images import OF_ANOTHER_CELL, data_notes, images_note
from ablate.cells.losses import error_of_chance, is_lost, lost_text
from ablate.cells.metrics import (
    AIMS,
    COSTS,
    COUNTED,
    METRICS,
    MORE_ERRORS,
    QUALITY,
    Metric,
    check_cost,
    parse_reference,
)
from ablate.cells.planned import PlannedCell, point_label
from ablate.cells.predictions import PREDICTIONS, Predictions, read_predictions
from ablate.doors import opened_later

# What is checked by models of pydantic, which a reader of the record need not wait for.
if TYPE_CHECKING:
    from ablate.cells.cell import (
        RETRIABLE,
        Cell,
        State,
        hash_of,
        read_cell,
        read_cell_architecture,
        settings_of,
    )
    from ablate.cells.code_recipe import plugged_in
    from ablate.cells.data import (
        DATASETS,
        IMAGE_SIZE,
        IMAGENET_MEAN,
        IMAGENET_STD,
        SHORT_SIDE,
        STREAMED,
        Data,
        facts_of_name,
        fitted,
    )
    from ablate.cells.facts import DatasetFacts, TrainingPart
    from ablate.cells.finished import (
        cell_network,
        check_files,
        check_weights,
        has_digests,
        kept_predictions,
        read_finished,
        signed,
    )
    from ablate.cells.published import PUBLISHED, PublishedName, broken_published, published_names
    from ablate.cells.recipe import PRESETS, SVHN, Recipe, preset_of
    from ablate.cells.recipe_changes import changed_recipe

__all__ = [
    "AFTER_SWEEP",
    "AIMS",
    "BEFORE_SWEEP",
    "CELL",
    "CLASS_NAMES",
    "COLUMNS",
    "COSTS",
    "COUNTED",
    "CURVE",
    "DATASETS",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "IMAGE_SIZE",
    "MEASURED",
    "METRICS",
    "MORE_ERRORS",
    "OF_ANOTHER_CELL",
    "OF_CLASSES",
    "OF_DIFFERENCES",
    "OF_LINES",
    "OF_MEANS",
    "OF_NETWORKS",
    "PREDICTIONS",
    "PRESETS",
    "PUBLISHED",
    "QUALITY",
    "RETRIABLE",
    "SHORT_SIDE",
    "STREAMED",
    "SVHN",
    "WEIGHTS",
    "WHERE_SOME",
    "Cell",
    "CellFolder",
    "Data",
    "DatasetFacts",
    "Metric",
    "PlannedCell",
    "Predictions",
    "PublishedName",
    "Recipe",
    "State",
    "TrainingPart",
    "added_seeds_note",
    "broken_published",
    "cell_network",
    "changed_recipe",
    "check_cost",
    "check_files",
    "check_weights",
    "checkpoint_before",
    "data_notes",
    "error_of_chance",
    "facts_of_name",
    "fitted",
    "has_digests",
    "hash_of",
    "images_note",
    "is_as_signed",
    "is_lost",
    "kept_predictions",
    "lost_text",
    "parse_reference",
    "plugged_in",
    "point_label",
    "preset_of",
    "published_names",
    "read_cell",
    "read_cell_architecture",
    "read_finished",
    "read_predictions",
    "settings_of",
    "signed",
]

__getattr__ = opened_later(__name__, __file__)
