"""Code of a user's that a study names: found, known again by its syntax tree, and asked for its
parameters; and models of libraries, with the weights that they begin with. No torch until one is
asked for.
"""

from ablate.plugins.finding import (
    Code,
    NoSuchCode,
    entry_points,
    fields_of,
    find_code,
    is_code,
)
from ablate.plugins.kinds import AUGMENTATION, DATASET, LOSS, OPTIMIZER, Chosen, Kind
from ablate.plugins.libraries import LIBRARIES, OF_DATA, LibraryModel, library_model
from ablate.plugins.steps import made_optimizer, try_code
from ablate.plugins.syntax import syntax_digest
from ablate.plugins.weights import Weights

__all__ = [
    "AUGMENTATION",
    "DATASET",
    "LIBRARIES",
    "LOSS",
    "OF_DATA",
    "OPTIMIZER",
    "Chosen",
    "Code",
    "Kind",
    "LibraryModel",
    "NoSuchCode",
    "Weights",
    "entry_points",
    "fields_of",
    "find_code",
    "is_code",
    "library_model",
    "made_optimizer",
    "syntax_digest",
    "try_code",
]
