from io import StringIO

import pandas as pd
from rich.console import Console

from ablate.claims import EqualErrors, costs_at_equal_error
from ablate.tables import equal_error_note, equal_error_table, equal_error_text
from tests.made_results import made

# Errors of the made-up study are a function of parameters, so that B is 1.5 times as dear as A.
TWO = {"A": ((10, 20, 40), 200, 1.0), "B [big]": ((10, 20, 40), 200, 1.5**0.42)}


def equal(table: pd.DataFrame, cost: str = "params") -> EqualErrors:
    return costs_at_equal_error(made(table, baseline="A"), cost)


def test_lines_for_programs(study) -> None:
    found = equal(study(TWO, noise=0.01))
    heads, row = [line.split("\t") for line in equal_error_text(found).splitlines()]
    assert heads == [
        *("variant", "errors (%)", "n", "ratio"),
        *("at the highest", "in the middle", "at the lowest"),
    ]
    assert row[0] == "B [big]" and row[2] == "3" and " to " in row[1]
    assert row[3].startswith("1.5") and "[" in row[3]


def test_the_note_says_what_is_there(study) -> None:
    note = equal_error_note(equal(study(TWO)))
    assert note.startswith("ratio: parameters, the variant's over A's at equal error, geometric")
    assert note.endswith("[95% t interval over seeds of its logarithm]")
    assert "interval" not in equal_error_note(equal(study(TWO, seeds=1), "macs"))
    one = equal(study({**TWO, "B [big]": ((10,), 200, 1.0)}))
    assert equal_error_note(one) == "ratio: parameters, the variant's over A's at equal error"


def test_a_variant_without_a_ratio_has_a_reason(study) -> None:
    found = equal(study({**TWO, "C": ((10,), 200, 1.0)}))
    heads, of_b, of_c = [line.split("\t") for line in equal_error_text(found).splitlines()]
    assert heads[-1] == "no ratio, as" and of_b[-1] == ""
    assert of_c[1:] == [*"-0----", "C has one point with this cost, which is no curve"]


def test_for_a_terminal(study) -> None:
    console = Console(width=140, file=StringIO())
    console.print(equal_error_table(equal(study(TWO), "macs")))
    text = console.file.getvalue()
    assert text.startswith("MACs per image at equal C10+ validation error")
    assert "B [big]" in text and "[95% t interval" in text
