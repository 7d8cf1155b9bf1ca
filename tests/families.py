"""Every family's small network and what changes it: what the tests over all families start from."""

from __future__ import annotations

from typing import Any

from ablate.networks import Architecture, architecture

Settings = dict[str, Any]

# A network of the family that takes milliseconds, and draws no random numbers in training.
SMALL: dict[str, Settings] = {
    "all_cnn": {"width": 6, "input_dropout": 0, "dropout": 0, "image_size": 12},
    "densenet": {
        "block_layers": [2, 2],
        "growth_rate": 4,
        "bottleneck_width": 2,
        "compression": 0.5,
        "image_size": 8,
    },
    "dsn": {"width": 12, "dropout": 0, "image_size": 8},
    "fractalnet": {"block_channels": [4, 6], "columns": 3, "image_size": 8},
    "highway": {"width": 2, "image_size": 8},
    "nin": {"width": 12, "dropout": 0, "image_size": 8},
    "resnet": {"stage_blocks": [1, 1], "width": 4, "image_size": 8},
    "resnet_preact": {"stage_blocks": [1, 1], "width": 4, "image_size": 8},
    "wide_resnet": {"depth": 10, "widen_factor": 1, "image_size": 8},
}
# What is laid over it for convs wide enough that their weights' spread can be told.
WIDE: dict[str, Settings] = {
    "all_cnn": {"width": 24},
    "densenet": {"growth_rate": 48},
    "dsn": {"width": 24},
    "fractalnet": {"block_channels": [32, 48]},
    "highway": {"width": 6},
    "nin": {"width": 24},
    "resnet": {"width": 48},
    "resnet_preact": {"width": 48},
    "wide_resnet": {"widen_factor": 3},
}
# What makes it draw random numbers in training; families that never do are not here.
RANDOM: dict[str, Settings] = {
    "all_cnn": {"dropout": 0.5},
    "densenet": {"dropout": 0.5},
    "dsn": {"dropout": 0.5},
    "fractalnet": {"dropout": [0, 0.5], "drop_path": 0.15},
    "nin": {"dropout": 0.5},
    "resnet": {"stage_blocks": [2, 2], "stochastic_depth": 0.5},
    "resnet_preact": {"stage_blocks": [2, 2], "stochastic_depth": 0.5},
    "wide_resnet": {"dropout": 0.5},
}
INPUT: dict[str, tuple[Settings, Any, Any]] = {
    "in_channels": ({}, 1, 3),
    "classes": ({}, 10, 7),
    "image_size": ({}, 12, 16),
}
INIT: dict[str, tuple[Settings, Any, Any]] = {"init": ({}, "he_fan_out", "he_fan_in")}
# For every setting, what to start from (over SMALL) and two values that must not be the same
# network. A setting that is not here fails a test.
KNOBS: dict[str, dict[str, tuple[Settings, Any, Any]]] = {
    "all_cnn": {
        "width": ({}, 6, 8),
        "input_dropout": ({}, 0.1, 0.2),
        "dropout": ({}, None, 0.2),
        **INIT,
        **INPUT,
    },
    "densenet": {
        "depth": ({"block_layers": None}, 10, 16),
        "block_layers": ({}, [2, 2], [2, 3]),
        "growth_rate": ({}, 4, [4, 6]),
        "growth_schedule": ({}, "constant", "exponential"),
        "bottleneck_width": ({}, None, 2),
        "compression": ({}, 0.5, 0.6),
        "connectivity": ({"block_layers": [4, 4]}, "log", "last_log"),
        "activation_order": ({}, "pre", "post"),
        "dropout": ({}, "auto", 0.2),
        "stem": ({"image_size": 16}, "cifar", "imagenet"),
        "stem_channels": ({}, "2k", 6),
        **INIT,
        **INPUT,
    },
    "dsn": {
        "width": ({}, 12, 18),
        "dropout": ({}, None, 0.2),
        "companion_weight": ({}, 0.3, 0.1),
        **INIT,
        **INPUT,
    },
    "fractalnet": {
        "columns": ({}, 2, 3),
        "block_channels": ({}, [4, 6], [4, 8]),
        "dropout": ({}, 0.1, [0.1, 0.2]),
        "drop_path": ({}, 0.1, 0.2),
        **INIT,
        **INPUT,
    },
    "highway": {
        "width": ({}, 1, 2),
        "gate_bias": ({}, -2, -1),
        **INIT,
        **INPUT,
    },
    "nin": {
        "width": ({}, 12, 18),
        "dropout": ({}, None, 0.2),
        **INIT,
        **INPUT,
    },
    "resnet": {
        "depth": ({"stage_blocks": None}, 8, 14),
        "stage_blocks": ({}, [1, 1], [1, 2]),
        "block": ({}, "auto", "bottleneck"),
        "shortcut": ({}, "auto", "B"),
        "width": ({}, 4, None),
        "stem": ({"image_size": 16}, "cifar", "imagenet"),
        "stochastic_depth": ({}, 0.5, 0.8),
        **INIT,
        **INPUT,
    },
    "resnet_preact": {
        "depth": ({"stage_blocks": None}, 11, 20),
        "stage_blocks": ({}, [1, 1], [1, 2]),
        "block": ({}, "basic", "bottleneck"),
        "width": ({}, 4, 6),
        "stochastic_depth": ({}, 0.5, 0.8),
        **INIT,
        **INPUT,
    },
    "wide_resnet": {
        "depth": ({}, 10, 16),
        "widen_factor": ({}, 1, 2),
        "dropout": ({}, 0.1, 0.2),
        **INIT,
        **INPUT,
    },
}
ALL_KNOBS = [(family, knob) for family, knobs in KNOBS.items() for knob in knobs]


def small(family: str, **more: Any) -> Architecture:
    """The family's small network, with other settings; None takes one back to its default."""
    merged = {"family": family, **SMALL[family], **more}
    return architecture(**{key: value for key, value in merged.items() if value is not None})


def two_values(family: str, knob: str) -> tuple[Architecture, Architecture]:
    """Two small networks that differ in one setting."""
    base, one, other = KNOBS[family][knob]
    return small(family, **{**base, knob: one}), small(family, **{**base, knob: other})
