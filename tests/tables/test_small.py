from io import StringIO

import pandas as pd
from rich.console import Console

from ablate.claims import Comparison, at_equal_error
from ablate.tables import equal_error_note, equal_error_table, equal_error_text
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
