"""DataFrames -> figures, tables and files, for people."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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

# seaborn takes a second to load, which tables need not wait for.
_LATER = {
    "FIGURES": "figures",
    "draw_figure": "figures",
    "figures_of": "figures",
    "is_figure_file": "figures",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
