"""DataFrames -> figures, tables and files, for people."""

from typing import TYPE_CHECKING, Any

from ablate.report.classes import classes_table, classes_text
from ablate.report.confirmed import confirmed_table
from ablate.report.equal_error import equal_error_note, equal_error_table, equal_error_text
from ablate.report.files import results_csv
from ablate.report.human import count, difference_text, duration, error_text, size
from ablate.report.tables import compare_note, compare_table, compare_text

if TYPE_CHECKING:
    from ablate.report.figures import FIGURES, figures_of, is_figure_file, plot

__all__ = [
    "FIGURES",
    "classes_table",
    "classes_text",
    "compare_note",
    "compare_table",
    "compare_text",
    "confirmed_table",
    "count",
    "difference_text",
    "duration",
    "equal_error_note",
    "equal_error_table",
    "equal_error_text",
    "error_text",
    "figures_of",
    "is_figure_file",
    "plot",
    "results_csv",
    "size",
]


def __getattr__(name: str) -> Any:
    # seaborn takes a second to load, which tables need not wait for.
    if name in ("FIGURES", "figures_of", "is_figure_file", "plot"):
        from ablate.report import figures

        return getattr(figures, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
