import numpy as np
import pandas as pd
import pytest

from ablate.text import (
    count,
    difference_text,
    duration,
    error_text,
    p_text,
    points_text,
    ratio_text,
    share_text,
    size,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (950, "950"),
        (1000, "1k"),
        (123_400, "123.4k"),
        (769_162, "769.2k"),
        (999_960, "1M"),
        (12_300_000, "12.3M"),
        (287_929_692, "287.9M"),
        (np.float64(1e6), "1M"),
        (np.int64(10**10), "10G"),
        (None, "-"),
        (float("nan"), "-"),
        (pd.NA, "-"),
    ],
)
def test_count(value: object, text: str) -> None:
    assert count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(512, "512 B"), (1288490189, "1.2 GiB"), (2**20, "1 MiB"), (2**30 - 1, "1 GiB"), (None, "-")],
)
def test_size(value: object, text: str) -> None:
    assert size(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00183, "1.8 ms"),
        (0.00999, "10 ms"),
        (0.04, "40 ms"),
        (0.9996, "1.0 s"),
        (12.34, "12.3 s"),
        (59.96, "1 min 00 s"),
        (250, "4 min 10 s"),
        (3599.7, "1 h 00 min"),
        (11100, "3 h 05 min"),
        (90000, "1 d 01 h"),
        (pd.NA, "-"),
    ],
)
def test_duration(value: object, text: str) -> None:
    assert duration(value) == text


def test_error_with_half_the_interval() -> None:
    assert error_text(23.41, 22.21, 24.61, 3) == "23.41 ± 1.20 (n=3)"
    assert error_text(23.41, pd.NA, pd.NA, 1) == "23.41 (n=1)"
    assert error_text(None, None, None, 0) == "-"


def test_difference_is_signed() -> None:
    assert difference_text(1.05, 0.2, 1.9) == "+1.05 [+0.20, +1.90]"
    assert difference_text(-1.05, None, None) == "-1.05"
    assert difference_text(pd.NA, pd.NA, pd.NA) == "-"


def test_equal_errors_claim_no_width() -> None:
    assert error_text(51.39, None, None, 2) == "51.39 (n=2, equal)"
    assert error_text(51.39, None, None, 1) == "51.39 (n=1)"


def test_ratios_have_ends_that_may_be_open() -> None:
    ratio = {"ratio": 0.774, "ratio_low": 0.47, "ratio_high": 1.26, "ratio_reason": ""}
    assert ratio_text(ratio) == "0.77 [0.47, 1.26]"
    assert ratio_text({**ratio, "ratio_low": None}) == "0.77 [up to 1.26]"
    assert ratio_text({**ratio, "ratio_high": pd.NA, "ratio": None}) == "[from 0.47]"
    assert ratio_text({**ratio, "ratio_low": None, "ratio_high": None}) == "0.77 [any]"
    assert ratio_text({"ratio": 0.0123, "ratio_reason": "no interval"}) == "0.012"
    assert ratio_text({"ratio": None, "ratio_reason": "no cell is done"}) == "-"
    assert ratio_text({}) == "-"


def test_a_probability_is_never_nothing() -> None:
    assert [p_text(p) for p in (0.0001, 0.0512, 0.5, None)] == ["<0.001", "0.051", "0.50", "-"]


def test_a_difference_in_error() -> None:
    assert [points_text(points) for points in (1.0, 0.25, 2, 0)] == [
        "1 point",
        "0.25 points",
        "2 points",
        "0 points",
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.604, "60%"), (1.0, "100%"), (0.998, ">99%"), (0.001, "<1%"), (0.0, "0%"), (None, "-")],
)
def test_shares(share: float | None, text: str) -> None:
    assert share_text(share) == text
