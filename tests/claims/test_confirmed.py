import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.analysis import Results
from ablate.claims import LOST, confirmed
from ablate.errors import UsageError
from tests.made_results import made


def chosen(variant: str, *ways: str, keys: int = 1) -> dict[str, object]:
    numbers = {"error": 4.0, "low": None if keys == 1 else 3.0, "high": None if keys == 1 else 5.0}
    return {"variant": variant, "chosen_as": ways, "keys": ["k"] * keys, **numbers}


def test_validation_and_test_stand_apart(rows) -> None:
    test = {"split": "test"}
    table = rows(
        ("A", 1000, 5.0, test), ("A", 1001, 7.0, test), ("B", 1000, 6.0, test), ("B", 1001, None)
    )
    choices = [chosen("B", "knee"), chosen("A", "best", "baseline", keys=2)]
    found = confirmed(made(table, chosen=choices, baseline="A")).rows
    assert found["variant"].tolist() == ["B", "A"]  # in the order they were chosen
    b, a = found.to_dict("records")
    assert (a["chosen_as"], a["validation_error"], a["validation_n"]) == ("best, baseline", 4.0, 2)
    assert (a["validation_low"], a["validation_high"]) == (3.0, 5.0)
    assert (a["test_error"], a["test_n"], a["states"]) == (6.0, 2, "")
    assert a["test_low"] < 6.0 < a["test_high"]
    assert (b["test_error"], b["test_n"], b["states"]) == (6.0, 1, "1 waiting")
    assert found["test_low"].isna().tolist() == [True, False]


def test_only_a_confirmation_has_both(rows) -> None:
    with pytest.raises(UsageError, match="this run confirms nothing; `ablate confirm RUN`"):
        confirmed(made(rows(("A", 0, 5.0))))


TESTED = {  # errors of two networks, by seed
    "A": [5.0, 5.6, 4.9, 5.3],
    "B": [4.1, 5.0, 4.3, 4.2],
}


def of_two(rows, **head: object) -> Results:
    cells = [
        (variant, 1000 + seed, error, {"split": "test"})
        for variant, errors in TESTED.items()
        for seed, error in enumerate(errors)
    ]
    choices = [chosen("B", "best"), {**chosen("A", "baseline"), "difference": None}]
    told = {"difference": -1.5, "difference_low": -2.0, "difference_high": -1.0}
    luck = {"expected": 4.4, "expected_low": 4.1, "expected_high": 4.8, "expected_difference": -1.1}
    choices[0] |= {"difference_to": "A", **told, **luck}
    return made(rows(*cells), chosen=choices, baseline="A", images=360, **head)


def test_the_difference_on_the_test_set_is_paired_by_seed(rows) -> None:
    told = confirmed(of_two(rows))
    b, a = told.rows.to_dict("records")
    paired = stats.ttest_rel(TESTED["B"], TESTED["A"])
    low, high = paired.confidence_interval(0.95)
    assert b["test_difference"] == pytest.approx(np.mean(TESTED["B"]) - np.mean(TESTED["A"]))
    # The critical value is drawn, to about 0.01 of 3.18.
    assert b["test_difference_low"] == pytest.approx(low, abs=0.02)
    assert b["test_difference_high"] == pytest.approx(high, abs=0.02)
    assert b["p"] == pytest.approx(paired.pvalue, abs=0.003)
    assert (b["verdict"], told.against, told.images) == ("better", "A", 360)
    assert told.of_differences.over == "seeds" and told.of_differences.freedom == pytest.approx(3)
    assert told.answer.startswith("B has a lower error than A on the test set: -0.80 [")
    assert pd.isna(a["test_difference"]) and pd.isna(a["verdict"])


def test_what_was_predicted_stays_as_it_was_told(rows) -> None:
    b, a = confirmed(of_two(rows)).rows.to_dict("records")
    assert [b[f"validation_difference{end}"] for end in ("", "_low", "_high")] == [-1.5, -2.0, -1.0]
    assert (b["expected_difference"], b["expected_error_low"], b["expected_error"]) == (
        -1.1,
        4.1,
        4.4,
    )
    assert pd.isna(a["validation_difference"]) and pd.isna(a["expected_error"])


@pytest.mark.parametrize("told", [{}, {"difference_to": "C", "difference": -1.5}])
def test_a_prediction_of_none_or_to_another_is_not_shown(rows, told: dict[str, object]) -> None:
    choices = [{**chosen("B", "best"), **told}, chosen("A", "baseline")]  # {}: of older versions
    table = of_two(rows).cells
    of_old = confirmed(made(table, chosen=choices, baseline="A")).rows
    assert of_old["validation_difference"].isna().all() and of_old["test_difference"].notna().any()


def test_lost_cells_of_the_choice_leave_bounds(rows) -> None:
    cells = [
        ("A", 1000, 5.0), ("A", 1001, 5.4), ("A", 1002, 5.1),
        ("B", 1000, 4.0), ("B", 1001, 4.2), ("B", 1002, None, {"state": "diverged"}),
    ]  # fmt: skip
    choices = [{**chosen("B", "best"), "lost": "diverged 1 of 3"}, chosen("A", "baseline")]
    told = confirmed(made(rows(*cells), chosen=choices, baseline="A", classes=10))
    b = told.rows.to_dict("records")[0]
    assert (b["verdict"], b["lost"], b["validation_lost"]) == (LOST, *["diverged 1 of 3"] * 2)
    assert pd.isna(b["test_difference"]) and pd.isna(b["p"])
    # Like its others; or at the error of chance.
    means = [
        np.mean([4.0, 4.2]) - np.mean([5.0, 5.4]),
        np.mean([4.0, 4.2, 90]) - np.mean([5.0, 5.4, 5.1]),
    ]
    assert b["bound_low"] == pytest.approx(means[0], abs=0.1)
    assert b["bound_high"] == pytest.approx(means[1], abs=0.1)
    assert "no claim, as cells were lost" in told.answer


def test_a_margin_makes_a_tie_of_the_test_set(rows) -> None:
    told = confirmed(of_two(rows, margin=3.0))
    assert told.rows["verdict"].tolist()[0] == "differs by less than the margin"


def test_one_network_is_set_against_nothing(rows) -> None:
    table = rows(("A", 1000, 5.0, {"split": "test"}))
    told = confirmed(made(table, chosen=[chosen("A", "best", "baseline")], baseline="A"))
    assert (told.answer, told.of_differences.comparisons) == ("", 0)
    assert told.rows["test_difference"].isna().all()
