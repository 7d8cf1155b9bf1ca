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
from ablate.plugins.libraries import LIBRARIES, OF_DATA, LibraryModel, library_model
from ablate.plugins.syntax import syntax_digest
from ablate.plugins.weights import Weights

__all__ = [
    "LIBRARIES",
    "OF_DATA",
    "Code",
    "LibraryModel",
    "NoSuchCode",
    "Weights",
    "entry_points",
    "fields_of",
    "find_code",
    "is_code",
    "library_model",
    "syntax_digest",
]
