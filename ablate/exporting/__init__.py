"""A finished cell -> a folder that works elsewhere, checked before it is called done."""

from ablate.exporting.card import Card
from ablate.exporting.folder import export_cell, load
from ablate.exporting.verb import export, taken

__all__ = [
    "Card",
    "export",
    "export_cell",
    "load",
    "taken",
]
