from dataclasses import replace
from io import StringIO

import pandas as pd
from rich.console import Console

from ablate.analysis import tabled
from ablate.cells import OF_CLASSES
from ablate.claims import ByClass, Comparison, at_equal_error
from ablate.tables import (
    classes_note,
    classes_tables,
    classes_text,
    equal_error_note,
    equal_error_table,
    equal_error_text,
)
from tests.made_results import made

# Errors of the made-up study are a function of parameters, so that B is 1.5 times as dear as A.
TWO = {"A": ((10, 20, 40), 200, 1.0), "B [big]": ((10, 20, 40), 200, 1.5**0.42)}


def equal(table: pd.DataFrame, cost: str = "params") -> Comparison:
    return at_equal_error(made(table, baseline="A"), cost)


def test_lines_for_programs(study) -> None:
    heads, row = [line.split("\t") for line in equal_error_text(equal(study(TWO))).splitlines()]
    assert heads == ["variant", "ratio", "covers"]
    assert row[0] == "B [big]" and row[1].startswith("1.") and row[1].endswith("]")
    assert row[2].endswith("%")


def test_the_note_says_what_is_there(study) -> None:
    note = equal_error_note(equal(study(TWO)))
    assert note.startswith("ratio: parameters, the variant's over A's at equal error: by which")
    assert note.endswith("; [95% interval, over seeds, not over images]")
    assert "interval" not in equal_error_note(equal(study(TWO, seeds=1), "macs"))
    # No cost in common, but errors: the ratio has an interval all the same.
    far = {"A": ((10, 20), 200, 1.0), "B": ((25, 50), 200, 6.25**0.42)}
    assert "[95% interval, over seeds" in equal_error_note(equal(study(far)))
    small = {"A": ((10, 20, 40), 200, 1.0), "B": ((38, 90), 200, 1.0)}
    assert "B: of a small part of a curve" in equal_error_note(equal(study(small, noise=0.02)))


def test_a_variant_without_a_ratio_has_a_reason(study) -> None:
    table = study({**TWO, "C": ((2, 3), 200, 1.0)}, noise=0.01)
    heads, of_b, of_c = [line.split("\t") for line in equal_error_text(equal(table)).splitlines()]
    assert heads[-1] == "no ratio, as" and of_b[-1] == ""
    assert of_c[1:3] == ["-", "-"] and of_c[3].startswith("no error in common: ")


def test_for_a_terminal(study) -> None:
    console = Console(width=140, file=StringIO())
    console.print(equal_error_table(equal(study(TWO), "macs")))
    text = console.file.getvalue()
    assert " ".join(text.split()).startswith("MACs per image at equal C10+ validation error")
    assert "B [big]" in text and "[95% interval, over seeds" in " ".join(text.split())


def classes(variants: int) -> ByClass:
    """Two classes, in each of which so many variants differ from A."""
    rows = [
        {
            "class": name,
            "images": 1200,
            "variant": f"variant {i}" if i else "",
            "is_baseline": not i,
            "error": 12.5,
            "difference": -1.5 if i else None,
            "difference_low": -3.0 if i else None,
            "difference_high": 0.25 if i else None,
        }
        for name in ("cat", "dog")
        for i in range(variants + 1)
    ]
    table = tabled(rows, OF_CLASSES)
    about = {"subject": "C10+ test", "baseline": "A", "against": "A", "at": "at equal depth"}
    counts = {"points": 3, "comparisons": 2 * variants, "images": 10}
    return ByClass(table, **about, **counts, left_out=("B",), over="seeds")


def test_classes_have_a_column_for_each_variant() -> None:
    heads, cat, dog = [line.split("\t") for line in classes_text(classes(2)).splitlines()]
    assert heads == ["class", "images", "A", "variant 1 - A", "variant 2 - A"]
    assert cat == ["cat", "1,200", "12.50", *["-1.50 [-3.00, +0.25]"] * 2] and dog[0] == "dog"
    note = classes_note(classes(2))
    assert note.startswith("A: mean over seeds and its points; differences to A at equal depth; ")
    assert "[95% intervals of all 4 at once, over seeds, not over images]" in note
    assert note.endswith("not compared: B")
    mixed = classes_note(replace(classes(2), some_over_images=True, over="seeds and images"))
    assert "(10 images); where seeds leave no spread, over the images of the class]" in mixed


def test_more_variants_than_there_is_room_for_have_tables_of_their_own() -> None:
    assert [len(t.columns) for t in classes_tables(classes(5), 80)] == [5, 5, 4]
    first, *_, last = classes_tables(classes(5), 80)
    assert first.caption is None and str(last.caption) == classes_note(classes(5))
    assert [len(t.columns) for t in classes_tables(classes(5))] == [8]
    assert [len(t.columns) for t in classes_tables(classes(0), 80)] == [3]
