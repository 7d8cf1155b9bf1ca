import pytest

from ablate.claims import confirmed
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
    found = confirmed(made(table, chosen=choices))
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
