from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ablate.analysis import has_sources, weights_data
from ablate.analysis.weights import source_weights
from ablate.cells import settings_of
from ablate.errors import DamagedCell, HolesError, UsageError
from ablate.networks import RULES, DenseNet
from tests.finished_cells import write_finished
from tests.made_results import made
from tests.weights import arrays_of, write_weights

SMALL = {"family": "densenet", "block_layers": [2, 2], "growth_rate": 3, "stem_channels": 4}
CONV = "features.block{}.layer{}.conv1.weight"


def network_of(**settings: Any):
    return DenseNet(**settings).resolve().network()


def filled(parts: list[tuple[int, float]], made: int, kernel: tuple[int, ...] = (3, 3)):
    """(maps, weight) of each source -> a tensor of these weights, every other one negative."""
    row = np.concatenate([np.full(width, value) for width, value in parts])
    signs = np.where(np.arange(made) % 2, -1.0, 1.0).reshape(made, 1, *(1,) * len(kernel))
    return signs * row.reshape(1, -1, *(1,) * len(kernel)) * np.ones((made, len(row), *kernel))


def of_target(weights, block: int, target: int) -> dict[tuple[int, int], float]:
    rows = weights[(weights["block"] == block) & (weights["target"] == target)]
    return {(r.source_block, r.source): r.weight for r in rows.itertuples()}


def test_every_source_by_hand() -> None:
    tensors = {
        CONV.format(1, 1): filled([(4, 1.0)], 3),
        CONV.format(1, 2): filled([(4, 2.0), (3, 0.5)], 3),
        "features.transition1.conv.weight": filled([(4, 1.0), (3, 2.0), (3, 3.0)], 10, (1, 1)),
        CONV.format(2, 1): filled([(10, 4.0)], 3),
        CONV.format(2, 2): filled([(10, 5.0), (3, 6.0)], 3),
        "classifier.weight": filled([(10, 7.0), (3, 8.0), (3, 0.0)], 10, ()),
    }
    weights = source_weights(network_of(**SMALL), tensors)
    assert of_target(weights, 1, 1) == {(1, 0): 1.0}
    assert of_target(weights, 1, 2) == {(1, 0): 2.0, (1, 1): 0.5}
    assert of_target(weights, 1, 3) == {(1, 0): 1.0, (1, 1): 2.0, (1, 2): 3.0}
    assert of_target(weights, 2, 2) == {(2, 0): 5.0, (2, 1): 6.0}
    assert of_target(weights, 2, 3) == {(2, 0): 7.0, (2, 1): 8.0, (2, 2): 0.0}
    assert weights["row"].tolist() == weights["source"].tolist()
    ends = weights[weights["kind"] != "layer"].groupby("block")["kind"].unique()
    assert [kinds.tolist() for kinds in ends] == [["transition"], ["classifier"]]


def test_with_full_connectivity_sources_are_those_of_earlier_blocks() -> None:
    tensors = {
        CONV.format(1, 1): filled([(4, 1.0)], 3),
        CONV.format(1, 2): filled([(4, 1.0), (3, 2.0)], 3),
        CONV.format(2, 1): filled([(4, 1.0), (3, 2.0), (3, 3.0)], 3),
        CONV.format(2, 2): filled([(4, 4.0), (3, 5.0), (3, 6.0), (3, 7.0)], 3),
        "classifier.weight": filled([(4, 1.0), (3, 2.0), (3, 3.0), (3, 4.0), (3, 5.0)], 10, ()),
    }
    weights = source_weights(network_of(**SMALL, connectivity="full"), tensors)
    assert of_target(weights, 2, 1) == {(1, 0): 1.0, (1, 1): 2.0, (1, 2): 3.0}
    assert of_target(weights, 2, 2) == {(1, 0): 4.0, (1, 1): 5.0, (1, 2): 6.0, (2, 1): 7.0}
    assert list(of_target(weights, 2, 3)) == [(1, 0), (1, 1), (1, 2), (2, 1), (2, 2)]
    assert of_target(weights, 1, 3) == {}  # its transition only pools
    assert weights.loc[weights["block"] == 2, "row"].tolist() == [
        0,
        1,
        2,
        0,
        1,
        2,
        3,
        0,
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize(
    "settings",
    [
        *({"connectivity": name} for name in RULES),
        {"connectivity": {"window": 2}, "activation_order": "post"},
        {"bottleneck_width": 2, "compression": 0.5, "growth_rate": [2, 3, 4]},
        {"stem": "imagenet", "dropout": 0.2, "init": "he_fan_in"},
    ],
    ids=str,
)
def test_names_and_widths_are_those_that_the_builder_makes(settings: dict[str, Any]) -> None:
    settings = {"family": "densenet", "block_layers": [4, 1, 3], "growth_rate": 2, **settings}
    network = network_of(**settings)
    weights = source_weights(network, arrays_of(**settings))
    layers = weights[weights["kind"] == "layer"]
    if settings.get("connectivity") != "full":
        read = [layer.sources for block in network.blocks for layer in block.layers]
        found = [tuple(own["source"]) for _, own in layers.groupby(["block", "target"])]
        assert found == read
        assert (weights["kind"] == "transition").sum() == 5 + 2
    assert (weights["weight"] > 0).all()


def test_a_bottleneck_is_read_at_its_1x1_conv() -> None:
    settings = {"family": "densenet", "block_layers": [1], "bottleneck_width": 2}
    tensors = arrays_of(**settings)
    tensors[CONV.format(1, 1)][:] = -0.25  # 16 maps of the stem to 24, 1x1
    assert tensors[CONV.format(1, 1)].shape == (24, 16, 1, 1)
    assert of_target(source_weights(network_of(**settings), tensors), 1, 1) == {(1, 0): 0.25}


def test_seeds_are_averaged(rows, tmp_path: Path) -> None:
    table = rows(("A", 0, 5.0), ("A", 1, 6.0), ("A", 2, 7.0), ("A", 3, None))
    for key, scale in (("A-0", 1.0), ("A-1", 3.0), ("A-3", 100.0)):
        write_weights(tmp_path, key, scale, **SMALL)
    found = weights_data(tmp_path, made(table))
    assert found.results.cells["seed"].tolist() == [0, 1] and found.label == "A"
    expected = source_weights(network_of(**SMALL), arrays_of(**SMALL))["weight"] * 2.0
    assert found.weights["weight"].tolist() == pytest.approx(expected.tolist(), rel=1e-6)


def test_columns_are_rescaled_to_their_largest(rows, tmp_path: Path) -> None:
    cell = write_weights(tmp_path, "A-0", **SMALL)
    table = rows(("A", 0, 5.0))
    found = weights_data(tmp_path, made(table), rescale="column").weights
    assert (found.groupby(["block", "target"])["weight"].max() == 1).all()
    assert found["weight"].between(0, 1).all() and found["weight"].nunique() > 5
    write_weights(tmp_path, "A-0", 0.0, **SMALL)
    assert (weights_data(tmp_path, made(table), rescale="column").weights["weight"] == 0).all()
    assert cell.is_dir()


def test_which_point(rows, tmp_path: Path) -> None:
    table = rows(
        ("A", 0, 5.0, {"depth": 10, "params": 10}),
        ("B", 0, 5.0, {"depth": 10, "params": 10}),
        ("B", 0, 5.0, {"depth": 22, "params": 30}),
        ("B", 0, 5.0, {"depth": 16, "params": 20}),
        ("B", 0, None, {"depth": 28}),
        sweep=("depth",),
    )
    for key in table["key"]:
        write_weights(tmp_path, key, **SMALL)
    assert weights_data(tmp_path, made(table)).label == "A, depth 10"
    assert weights_data(tmp_path, made(table), "B").label == "B, depth 22"
    assert weights_data(tmp_path, made(table, baseline="B")).label == "B, depth 22"


def test_a_baseline_of_another_family_is_passed_over(rows, tmp_path: Path) -> None:
    table = rows(("R", 0, 5.0), ("A", 0, 6.0))
    write_weights(tmp_path, "R-0", family="resnet_preact", depth=11)
    assert not has_sources(tmp_path, table)
    write_weights(tmp_path, "A-0", **SMALL)
    assert has_sources(tmp_path, table)
    results = made(table, baseline="R")
    assert weights_data(tmp_path, results).label == "A"
    with pytest.raises(UsageError, match=r"no layer of R reads several.*`family: densenet`"):
        weights_data(tmp_path, results, "R")


def test_of_a_search_the_cell_of_the_lowest_error(rows, tmp_path: Path) -> None:
    knobs = ({"growth_rate": k, "key": f"k{k}", "params": k} for k in (4, 6, 8))
    cells = [("s", 0, error, knob) for error, knob in zip((9.0, 7.0, 8.0), knobs, strict=True)]
    table = rows(*cells, sweep=("growth_rate",))
    for key in table["key"]:
        write_weights(tmp_path, key, **SMALL)
    results = made(table, objectives={"error": "minimize"})
    assert weights_data(tmp_path, results).label == "s, growth rate 6"


def test_messages(rows, tmp_path: Path) -> None:
    table = rows(("DenseNet", 0, 5.0))
    with pytest.raises(UsageError, match="rescale: must be one of none, column, got 'row'"):
        weights_data(tmp_path, made(table), rescale="row")
    with pytest.raises(UsageError, match=r"unknown variant `DenseNt`\. Did you mean `DenseNet`"):
        weights_data(tmp_path, made(table), "DenseNt")
    with pytest.raises(HolesError, match=r"no done cell has its weights: .*model.safetensors"):
        weights_data(tmp_path, made(table))
    with pytest.raises(HolesError, match="none of the study's 1 cells is done"):
        weights_data(tmp_path, made(rows(("A", 0, None))))


def test_weights_that_are_not_of_the_cell_are_told(rows, tmp_path: Path) -> None:
    cell, table = write_weights(tmp_path, "A-0", **SMALL), rows(("A", 0, 5.0))
    weights = (cell / "model.safetensors").read_bytes()
    write_weights(tmp_path, "A-0", **SMALL | {"growth_rate": 5})
    (cell / "model.safetensors").write_bytes(weights)
    with pytest.raises(DamagedCell, match=r"layer2.conv1.weight reads 7 maps, the network 9"):
        weights_data(tmp_path, made(table))
    write_weights(tmp_path, "A-0", **SMALL | {"block_layers": [3, 2]})
    (cell / "model.safetensors").write_bytes(weights)
    with pytest.raises(DamagedCell, match=r"tensor features.block1.layer3.conv1.weight is missing"):
        weights_data(tmp_path, made(table))
    (cell / "model.safetensors").write_bytes(weights[:100])
    with pytest.raises(DamagedCell, match=r"is not of its cell.yaml"):
        weights_data(tmp_path, made(table))


def test_weights_that_the_result_was_not_written_with_are_told(rows, tmp_path: Path) -> None:
    """Of the right shapes, but not those that the error is of."""
    table = rows(("A", 0, 5.0))
    cell = tmp_path / "cells" / "A-0"
    settings = settings_of(DenseNet(**SMALL).resolve())
    document = {"architecture": settings, "recipe": {}, "data": {}, "seed": 0}
    tensors = {name: torch.from_numpy(array) for name, array in arrays_of(**SMALL).items()}
    write_finished(cell, "A-0", weights=tensors, document=document)
    assert weights_data(tmp_path, made(table)).label == "A"
    path = cell / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 64
    path.write_bytes(content)
    with pytest.raises(DamagedCell, match=r"model\.safetensors: is not what result\.json was"):
        weights_data(tmp_path, made(table))


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("{family: dense, growth_rate: 3}", r"cell\.yaml:1: architecture\.family: .*'dense'"),
        ("3", r"cell\.yaml:1: architecture: must be a map of settings"),
        ("[", r"cell\.yaml:\d: not YAML"),
    ],
)
def test_a_damaged_cell_yaml_is_told_by_its_name(
    rows, tmp_path: Path, written: str, reason: str
) -> None:
    table = rows(("A", 0, 5.0))
    cell = write_weights(tmp_path, "A-0", **SMALL)
    text = f"architecture: {written}\nrecipe: {{}}\ndata: {{}}\nseed: 0\n"
    (cell / "cell.yaml").write_text(text, encoding="utf-8")
    assert has_sources(tmp_path, table)  # so that the figure is asked for, and tells it
    with pytest.raises(DamagedCell, match=reason):
        weights_data(tmp_path, made(table))


def test_a_cell_that_lost_a_file_is_passed_over(rows, tmp_path: Path) -> None:
    table = rows(("A", 0, 5.0), ("A", 1, 6.0), ("A", 2, 6.0))
    first, second, _ = (write_weights(tmp_path, key, **SMALL) for key in table["key"])
    (first / "cell.yaml").unlink()
    (second / "model.safetensors").unlink()
    assert has_sources(tmp_path, table)
    assert weights_data(tmp_path, made(table)).results.cells["key"].tolist() == ["A-2"]
