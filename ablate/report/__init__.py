"""DataFrames -> figures, tables and files, for people."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later
from ablate.report.run import Run, importances
from ablate.report.small_tables import (
    classes_table,
    classes_text,
    confirmed_table,
    equal_error_note,
    equal_error_table,
    equal_error_text,
)
from ablate.report.tables import compare_note, compare_table, compare_text, results_csv
from ablate.report.verbs import compare, equal_error, plot

# seaborn takes a second to load, which tables need not wait for.
if TYPE_CHECKING:
    from ablate.report.figures import FIGURES, draw_figure, figures_of, is_figure_file

__all__ = [
    "FIGURES",
    "Run",
    "classes_table",
    "classes_text",
    "compare",
    "compare_note",
    "compare_table",
    "compare_text",
    "confirmed_table",
    "draw_figure",
    "equal_error",
    "equal_error_note",
    "equal_error_table",
    "equal_error_text",
    "figures_of",
    "importances",
    "is_figure_file",
    "plot",
    "results_csv",
]

__getattr__ = opened_later(__name__, __file__)
