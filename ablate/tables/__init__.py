"""Comparisons -> tables: for a terminal, and as lines for everything else."""

from ablate.tables.compare import compare_note, compare_sheets, compare_tables, compare_text
from ablate.tables.csv import results_csv
from ablate.tables.levels import effects_sheets, effects_text, pairs_sheets
from ablate.tables.more_seeds import more_seeds_sentence, more_seeds_sheet
from ablate.tables.notes import effects_note
from ablate.tables.small import (
    classes_note,
    classes_tables,
    classes_text,
    confirmed_sheets,
    equal_error_note,
    equal_error_table,
    equal_error_text,
)
from ablate.tables.verb import (
    Compared,
    ShownByClass,
    ShownEffects,
    answer_lines,
    by_class,
    compare,
    comparison_document,
    effects,
)

__all__ = [
    "Compared",
    "ShownByClass",
    "ShownEffects",
    "answer_lines",
    "by_class",
    "classes_note",
    "classes_tables",
    "classes_text",
    "compare",
    "compare_note",
    "compare_sheets",
    "compare_tables",
    "compare_text",
    "comparison_document",
    "confirmed_sheets",
    "effects",
    "effects_note",
    "effects_sheets",
    "effects_text",
    "equal_error_note",
    "equal_error_table",
    "equal_error_text",
    "more_seeds_sentence",
    "more_seeds_sheet",
    "pairs_sheets",
    "results_csv",
]
