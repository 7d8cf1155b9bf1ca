"""The law of keys: equal for every spelling of one network."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ablate.cells import hash_of
from ablate.networks import architecture


@given(st.integers(1, 4), st.integers(2, 16), st.booleans(), st.randoms())
def test_a_key_knows_no_spelling(n: int, growth: int, plain: bool, random: Any) -> None:
    """Depth or layers, a number or a list of it, defaults told or not, in any order."""
    bottleneck = {} if plain else {"bottleneck_width": 4}
    spelt = [
        ({"depth": (3 if plain else 6) * n + 4}, {"block_layers": [n] * 3}),
        ({"growth_rate": growth}, {"growth_rate": [growth] * 3}),
        ({}, {"connectivity": "dense"}, {"connectivity": {"fraction": 1.0}}),
        ({}, {"compression": 1.0}),
        ({}, {"activation_order": "pre"}),
    ]
    keys = set()
    spellings = list(itertools.product(*spelt))
    for settings in [spellings[0], *random.sample(spellings, 5)]:
        items = [item for part in (*settings, bottleneck) for item in part.items()]
        random.shuffle(items)
        found = architecture(**{"family": "densenet", **dict(items)})
        resolved = found.resolve(in_channels=3, classes=10, image_size=32, dropout=0.0)
        keys.add(hash_of(resolved.network().canonical()))
    assert len(keys) == 1
