import numpy as np
import pytest

from ablate.statistics import verdict
from ablate.statistics.verdicts import Verdict


@pytest.mark.parametrize(
    ("low", "high", "margin", "expected"),
    [
        (-2.0, -0.5, None, "better"),
        (0.5, 2.0, None, "worse"),
        (-0.1, 0.1, None, "undecided"),
        (-0.1, 0.1, 0.2, "equal"),
        (-0.1, 0.3, 0.2, "undecided"),
        (-0.2, 0.2, 0.2, "undecided"),  # the margin itself matters already
        (0.05, 0.15, 0.2, "differs by less than the margin"),
        (-0.15, -0.05, 0.2, "differs by less than the margin"),
        (0.05, 0.3, 0.2, "worse"),
        (0.0, 0.3, None, "undecided"),
        (np.nan, np.nan, 0.2, "undecided"),
    ],
)
def test_what_an_interval_decides(
    low: float, high: float, margin: float | None, expected: Verdict
) -> None:
    assert verdict(low, high, margin) == expected
