"""Code of a user's that a study names: found, known again by its syntax tree, and asked for its
parameters. No torch.
"""

from ablate.plugins.finding import (
    Code,
    NoSuchCode,
    entry_points,
    fields_of,
    find_code,
    is_code,
)
from ablate.plugins.syntax import syntax_digest

__all__ = [
    "Code",
    "NoSuchCode",
    "entry_points",
    "fields_of",
    "find_code",
    "is_code",
    "syntax_digest",
]
