"""Large numbers with a suffix."""

from __future__ import annotations

import pytest

from ablate.text import is_of_bytes, parse_count, read_amount


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("800k", 8e5),
        ("1.0M", 1e6),
        ("2G", 2e9),
        (" 1.5 T ", 1.5e12),
        ("1e6", 1e6),
        ("-3", -3.0),
        ("0.5K", 500.0),
        ("8GB", 8e9),
        ("512MiB", 512 * 2**20),
        ("1.5KiB", 1536.0),
    ],
)
def test_counts(text: str, value: float) -> None:
    assert parse_count(text) == value


@pytest.mark.parametrize("text", ["", "k", "1m", "1 million", "1.2.3", "nan", "inf", "1e999", "5%"])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a number, maybe with k, M, G or T; .* got "):
        parse_count(text)


def test_suffixes_that_only_bytes_have() -> None:
    assert [is_of_bytes(text) for text in ("1M", "1MB", "1MiB ", "1")] == [False, True, True, False]


@pytest.mark.parametrize(
    ("written", "unit", "value"), [("800k", "", 8e5), (3, "", 3.0), ("1MiB", "bytes", 2.0**20)]
)
def test_amounts(written: object, unit: str, value: float) -> None:
    assert read_amount(written, unit) == value


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("8MB", "is no number of bytes, got '8MB'"),
        (True, "must be a number > 0, got true"),
        (0, "must be > 0, got 0"),
        ("-1k", "must be > 0, got '-1k'"),
        ("much", "must be a number, maybe with k"),
    ],
)
def test_what_is_no_amount(written: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_amount(written, "")
