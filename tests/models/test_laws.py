"""The law of memory modes: `efficient` gives the numbers of `fast`, whatever the blocks are."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.test_efficient import CONNECTIVITIES, batch, densenet, pair, step


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, Any]:
    layers = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    return {
        "block_layers": layers,
        "growth_rate": draw(
            st.lists(st.integers(1, 4), min_size=len(layers), max_size=len(layers))
        ),
        "bottleneck_width": draw(st.none() | st.integers(1, 3)),
        "compression": draw(st.sampled_from([1.0, 0.7, 0.5])),
        "connectivity": draw(st.sampled_from(CONNECTIVITIES)),
        "stem_channels": draw(st.integers(2, 6)),
    }


@given(blocks())
@settings(max_examples=25)
def test_efficient_is_fast(settings: dict[str, Any]) -> None:
    fast, efficient = pair(densenet(**settings))
    ours, theirs = step(efficient, batch()), step(fast, batch())
    # A norm after a conv of one map leaves its weight a gradient that is all but rounding.
    torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
