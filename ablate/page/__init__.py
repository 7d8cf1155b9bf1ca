"""A run folder, or several -> one self-contained HTML page, for people."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later

if TYPE_CHECKING:
    from ablate.page.told import Told
    from ablate.page.verb import report, written

__all__ = [
    "Told",
    "report",
    "written",
]

__getattr__ = opened_later(__name__, __file__)
