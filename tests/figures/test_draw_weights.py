from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.drawing import WIDTH, house_style
from ablate.figures import FIGURES, draw_figure, figures_of
from tests.made_results import run_of
from tests.weights import write_weights

ONE = {"A": ((40,), 100, 1.0)}
SMALL = {"family": "densenet", "growth_rate": 2, "block_layers": [4, 4]}


def draw(folder: Path, table, **options: str) -> Figure:
    with house_style():
        figure = FIGURES["weights"].of(run_of(folder, table), **options)
        figure.draw_without_rendering()
    return figure


def caption(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def meshes(ax) -> list:
    return [mesh.get_array() for mesh in ax.collections]


def test_a_panel_per_block_with_what_stands_behind_it(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=2)
    for key in table["key"]:
        write_weights(tmp_path, key, **SMALL)
    figure = draw(tmp_path, table)
    first, second, bar = figure.axes
    assert [ax.get_title() for ax in (first, second)] == ["block 1", "block 2"]
    assert first.get_ylabel() == "source layer" and bar.get_ylabel() == "mean |W|"
    layers, transition = meshes(first)
    assert layers.shape == (5, 4) and transition.shape == (5, 1)
    assert layers.mask.sum() == 20 - 10  # 1 + 2 + 3 + 4 connections; the rest stays white
    assert not transition.mask.any()
    assert [ax.get_xticklabels()[-1].get_text() for ax in (first, second)] == ["T", "C"]
    # The layers have the whole range of colours, whatever stands behind them.
    of_layers = np.ma.concatenate([meshes(ax)[0].compressed() for ax in (first, second)])
    low, high = first.collections[0].get_clim()
    assert (low, high) == pytest.approx((of_layers.min(), of_layers.max()))
    behind = np.ma.concatenate([meshes(ax)[1].compressed() for ax in (first, second)])
    beyond = behind[(behind < low) | (behind > high)]
    assert caption(figure) == (
        "Mean |W| of the layer that reads a source, by source: A, depth 40, mean of n=2 seeds. "
        "Colours: the range of the layers; T and C also beyond it, from "
        f"{beyond.min():.2g} to {beyond.max():.2g}. "
        "Source 0: the block's input, T: the transition, C: the classifier. "
        "White within a panel: not connected. "
        "40 epochs, NVIDIA H100, torch 2.11.0."
    )


def test_full_connectivity_counts_sources_from_the_stem(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=1)
    write_weights(tmp_path, table["key"][0], **SMALL, connectivity="full")
    figure = draw(tmp_path, table, rescale="column")
    first, second, bar = figure.axes
    assert [mesh.shape for mesh in meshes(first)] == [(9, 4)]
    assert [mesh.shape for mesh in meshes(second)] == [(9, 4), (9, 1)]
    assert bar.get_ylabel() == "relative mean |W|"
    assert "n=1. Each column divided by its largest. Source 0: the stem, C" in caption(figure)


@pytest.mark.parametrize(
    ("layers", "connectivity"), [([1], "dense"), ([1, 30], "log"), ([20, 20, 20], "full")]
)
def test_labels_stay_inside_and_apart(study, tmp_path: Path, layers, connectivity) -> None:
    table = study(ONE, seeds=1)
    settings = SMALL | {"block_layers": layers, "connectivity": connectivity}
    write_weights(tmp_path, table["key"][0], **settings)
    figure = draw(tmp_path, table)
    assert figure.get_size_inches()[0] == (2 * WIDTH if sum(layers) > 55 else WIDTH)
    text = figure.texts[0].get_window_extent()
    boxes = [ax.get_tightbbox() for ax in figure.axes]
    assert min(box.y0 for box in boxes) >= text.y1 and text.y0 >= 0
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in [*boxes, text]) <= figure.bbox.width
    assert max(box.y1 for box in boxes) <= figure.bbox.height
    for ax in figure.axes[:-1]:
        ticks = [label.get_window_extent() for label in ax.get_xticklabels()]
        assert all(a.x1 < b.x0 for a, b in pairwise(ticks))


def test_files_are_named_after_what_was_chosen(study, tmp_path: Path) -> None:
    table = study({"A": ((10,), 100, 1.0), "B": ((10,), 100, 1.0)}, seeds=1)
    for key in table["key"]:
        write_weights(tmp_path, key, **SMALL)
    png, svg = draw_figure("weights", run_of(tmp_path, table), variant="B", rescale="column")
    assert (png.name, svg.name) == ("weights-B-column.png", "weights-B-column.svg")
    assert draw_figure("weights", run_of(tmp_path, table), rescale="none")[0].name == "weights.png"


def test_only_runs_with_dense_blocks_have_it(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=1)
    write_weights(tmp_path, table["key"][0], family="resnet_preact", depth=11)
    assert "weights" not in figures_of(run_of(tmp_path, table))
    write_weights(tmp_path, table["key"][0], **SMALL)
    assert "weights" in figures_of(run_of(tmp_path, table))
    assert figures_of(run_of(tmp_path, table), ["rescale"]) == ["weights"]
    assert figures_of(run_of(tmp_path, table), ["rescale", "cost"]) == []


def test_every_block_has_a_numbered_layer(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=1)
    settings = SMALL | {"block_layers": [1, 2, 2, 1]}
    write_weights(tmp_path, table["key"][0], **settings)
    *blocks, _ = draw(tmp_path, table).axes
    for ax, end in zip(blocks, "TTTC", strict=True):
        number, letter = (label.get_text() for label in ax.get_xticklabels())
        assert number.isdecimal() and letter == end
