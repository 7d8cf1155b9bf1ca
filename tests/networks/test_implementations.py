"""The names of implementations that a measure study may compare."""

from __future__ import annotations

import pytest

from ablate.networks import IMPLEMENTATIONS, USUAL, check_implementations


def test_the_usual_ones_are_known_and_need_no_gpu_and_no_minutes() -> None:
    assert set(USUAL) < set(IMPLEMENTATIONS)
    assert not [name for name in USUAL if "captured" in name or "compiled" in name]
    assert check_implementations(USUAL) == USUAL


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown implementation 'mine'; valid: ablate-fast, "):
        check_implementations(("mine",))


def test_a_name_may_be_given_once() -> None:
    with pytest.raises(ValueError, match="must be different names"):
        check_implementations(("timm", "timm"))
