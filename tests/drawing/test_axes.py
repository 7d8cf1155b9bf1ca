import numpy as np
import pytest

from ablate.drawing.axes import Counts, cost_axis, error_label, error_limits, unit_of
from ablate.drawing.layout import stacked


def ticks(cost: str, low: float, high: float, unit: str) -> list[str]:
    figure, (ax,) = stacked([2.3])
    cost_axis(ax, cost, low, high, unit)
    ax.set_xlim(low * 0.9, high * 1.1)
    figure.draw_without_rendering()
    inside = [tick for tick in ax.get_xticks() if low * 0.9 <= tick <= high * 1.1]
    shown = dict(zip(ax.get_xticks(), ax.get_xticklabels(), strict=True))
    return [shown[tick].get_text() for tick in inside]


def test_labels() -> None:
    assert error_label("C10+", "validation") == "C10+ validation error (%)"
    assert error_label("", "test") == "test error (%)"


@pytest.mark.parametrize(
    ("cost", "low", "high", "expected"),
    [
        ("params", 1e4, 1e6, (1, "")),
        ("peak_bytes", 2**29, 2**32, (2**30, "GiB")),
        ("peak_bytes", 2**24, 2**31, (2**20, "MiB")),
        ("train_seconds", 130, 5000, (60, "min")),
        ("train_seconds", 1, 2, (1, "s")),
        ("latency_seconds", 0.001, 0.2, (1e-3, "ms")),
    ],
)
def test_units(cost: str, low: float, high: float, expected: tuple[float, str]) -> None:
    assert unit_of(cost, low, high) == expected


def test_ticks_are_round_and_readable() -> None:
    assert ticks("params", 4e4, 1.5e6, "") == ["100k", "300k", "1M"]
    assert ticks("params", 1.2e5, 1e6, "") == ["200k", "500k", "1M"]
    assert ticks("macs", 1e6, 1e9, "") == ["1M", "10M", "100M", "1G"]
    assert ticks("params", 1e5, 2e5, "") == ["90k", "120k", "150k", "180k", "210k"]


def test_ticks_close_together_have_the_decimals_that_tell_them_apart() -> None:
    form = Counts()
    assert form.format_ticks([5320, 5360, 5400]) == ["5.32k", "5.36k", "5.4k"]
    assert form.format_ticks([5300, 5400, 5500]) == ["5.3k", "5.4k", "5.5k"]
    assert form.format_ticks([1_000_010, 1_000_020]) == ["1.00001M", "1.00002M"]
    assert form.format_ticks([1, 1 + 1e-9]) == ["1", "1"]  # enough is enough
    assert form(5340) == "5.3k"


def limits(mean, half):
    mean, half = np.array(mean), np.array(half)
    return error_limits(mean, mean - half, mean + half)


def test_intervals_set_the_limits_where_they_fit() -> None:
    bottom, top, cut = limits([8.0, 12.0], [0.5, 0.5])
    assert (bottom, top) == pytest.approx((7.25, 12.75)) and not cut


def test_huge_intervals_are_cut() -> None:
    bottom, top, cut = limits([8.0, 12.0], [50.0, 0.1])
    assert cut and (bottom, top) == pytest.approx((6.7, 13.3))


def test_one_point_is_not_blown_up() -> None:
    bottom, top, cut = limits([10.0], [np.nan])
    assert (bottom, top) == pytest.approx((9.45, 10.55)) and not cut


def test_errors_are_not_negative() -> None:
    bottom, _, cut = limits([0.5, 3.0], [1.0, 0.1])
    assert bottom == 0 and cut
