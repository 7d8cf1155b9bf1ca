"""The unit of work: recipe, data, metrics, a cell and its key, and the files it ends with."""

from ablate.cells.cell import Cell, State, hash_of, read_cell, read_cell_architecture, settings_of
from ablate.cells.class_names import CLASS_NAMES
from ablate.cells.data import (
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
from ablate.cells.finished import (
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
from ablate.cells.folder import CellFolder
from ablate.cells.metrics import COSTS, METRICS, MORE_ERRORS, Metric
from ablate.cells.predictions import PREDICTIONS, Predictions, read_predictions
from ablate.cells.published import PUBLISHED, PublishedName, broken_published, published_names
from ablate.cells.recipe import SVHN, Recipe, preset_of
from ablate.cells.recipe_changes import changed_recipe

__all__ = [
    "CELL",
    "CLASS_NAMES",
    "COSTS",
    "CURVE",
    "DATASETS",
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "IMAGE_SIZE",
    "METRICS",
    "MORE_ERRORS",
    "OF_ANOTHER_CELL",
    "PREDICTIONS",
    "PUBLISHED",
    "SHORT_SIDE",
    "STREAMED",
    "SVHN",
    "WEIGHTS",
    "Cell",
    "CellFolder",
    "Data",
    "DatasetFacts",
    "Metric",
    "Predictions",
    "PublishedName",
    "Recipe",
    "State",
    "TrainingPart",
    "broken_published",
    "changed_recipe",
    "check_files",
    "check_weights",
    "has_digests",
    "hash_of",
    "kept_predictions",
    "preset_of",
    "published_names",
    "read_cell",
    "read_cell_architecture",
    "read_finished",
    "read_predictions",
    "settings_of",
    "signed",
]
