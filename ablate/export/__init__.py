"""A finished cell -> a folder that works elsewhere, checked before it is called done."""

from ablate.export.card import Card
from ablate.export.folder import export_cell, load
from ablate.export.verb import export, taken

__all__ = [
    "Card",
    "export",
    "export_cell",
    "load",
    "taken",
]
