"""How far a run is: while it goes on, and when it is asked."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later

# A command line that only helps need not wait for records.
if TYPE_CHECKING:
    from ablate.progress.lines import ENDED, HEADS, Lines, done_so_far
    from ablate.progress.notebook import watched
    from ablate.progress.verb import Status, reason_lines, status, summary_document

__all__ = [
    "ENDED",
    "HEADS",
    "Lines",
    "Status",
    "done_so_far",
    "reason_lines",
    "status",
    "summary_document",
    "watched",
]

__getattr__ = opened_later(__name__, __file__)
