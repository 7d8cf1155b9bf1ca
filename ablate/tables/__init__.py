"""Comparisons -> tables: for a terminal, and as lines for everything else."""

from ablate.tables.compare import compare_note, compare_sheets, compare_tables, compare_text
from ablate.tables.csv import results_csv
from ablate.tables.effects import effects_tables, effects_text, pairs_tables
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
    answer_lines,
    compare,
    comparison_document,
    effects_document,
)

__all__ = [
    "Compared",
    "answer_lines",
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
    "effects_document",
    "effects_note",
    "effects_tables",
    "effects_text",
    "equal_error_note",
    "equal_error_table",
    "equal_error_text",
    "more_seeds_sentence",
    "more_seeds_sheet",
    "pairs_tables",
    "results_csv",
]
