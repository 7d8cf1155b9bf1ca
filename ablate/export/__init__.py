"""A finished cell -> a folder that works elsewhere, checked before it is called done."""

from ablate.export.card import Card
from ablate.export.folder import export_cell, load

__all__ = ["Card", "export_cell", "load"]
