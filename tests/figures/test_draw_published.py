"""Published numbers in figures: hollow, named so, and in nobody's way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.lines import Line2D

from ablate.analysis import Results
from ablate.drawing import looks
from ablate.figures.draw_published import near_ours, room_for
from tests.figures.test_registry import below_the_panels, caption, draw, legend
from tests.made_results import made
from tests.made_up_search import search

# Errors of the made-up study are near 7 %; DenseNet-BC at depth 100 has Table 2's parameters.
TWO = {"DenseNet-BC": ((40, 100), 76.9162, 0.9), "other": ((22, 40), 650, 1.0)}


def named(table: pd.DataFrame, name: str = "table2", subject: str = "C10+") -> Results:
    return made(table, subject, published=name)


def stars(figure) -> list[Line2D]:
    return [line for line in figure.axes[0].lines if line.get_marker() == "*"]


def test_stars_are_hollow_and_coloured_where_the_network_is_the_same(study, tmp_path: Path) -> None:
    table = named(study(TWO))
    figure = draw("frontier", tmp_path, table, "C10+")
    found = stars(figure)
    assert {star.get_markerfacecolor() for star in found} == {"none"}
    ours = looks(table.cells["variant"])["DenseNet-BC"].colour
    same = [star for star in found if star.get_color() == ours]
    assert [(star.get_xdata()[0], star.get_ydata()[0]) for star in same] == [(769_162, 4.51)]
    assert len(found) > 1 and {s.get_color() for s in found} == {ours, "0.45"}
    assert legend(figure) == ["DenseNet-BC", "other", "Pareto front", "published (test)"]
    assert "Stars: CVPR 2017 Table 2, in colour where the network is the same, " in caption(figure)
    (bottom, top), (left, right) = figure.axes[0].get_ylim(), figure.axes[0].get_xlim()
    assert all(bottom < s.get_ydata()[0] < top and left < s.get_xdata()[0] < right for s in found)
    assert below_the_panels(figure)


def test_our_front_and_lines_are_as_without_them(study, tmp_path: Path) -> None:
    plain, beside = (
        draw("frontier", tmp_path, table, "") for table in (study(TWO), named(study(TWO)))
    )
    lines = [line.get_xydata().tolist() for line in plain.axes[0].lines]
    assert lines == [
        line.get_xydata().tolist() for line in beside.axes[0].lines if line.get_marker() != "*"
    ]
    assert not stars(plain) and "published" not in " ".join(legend(plain))


def test_what_is_far_from_ours_is_counted_and_not_drawn(study, tmp_path: Path) -> None:
    figure = draw("frontier", tmp_path, named(study({"tiny": ((7, 10), 20, 1.0)})), "C10+")
    assert not stars(figure) and legend(figure) == ["tiny", "Pareto front"]
    assert "Published (CVPR 2017 Table 2): all 16 beyond the frame." in caption(figure)


def test_an_axis_that_nothing_published_has(study, tmp_path: Path) -> None:
    table = named(study({"other": ((22, 40), 650, 1.0)}))
    figure = draw("frontier", tmp_path, table, "C10+", cost="peak_bytes")
    assert not stars(figure) and "CVPR" not in caption(figure)


def test_other_splits_are_named(study, tmp_path: Path) -> None:
    table = named(study({"ResNet": ((40,), 25_557_032 / 1600, 1.0)}, noise=0), "fig3", "ImageNet")
    table.cells["error"] = 24.8
    assert "published (validation, single crop)" in legend(draw("frontier", tmp_path, table, ""))


def test_beside_the_cells_of_a_search(tmp_path: Path) -> None:
    results = search(60)
    table = results.cells
    table["params"] = table["params"] * (1_000_000 // int(table["params"].median()))
    table["error"] = table["error"] * (5 / table["error"].median())
    beside = replace(results, head=replace(results.head, published="table2"))
    figure = draw("frontier", tmp_path, beside)
    assert {star.get_color() for star in stars(figure)} == {"0.45"}
    assert legend(figure)[-1] == "published (test)"


def test_curves_end_beside_the_published_error_of_the_same_network(
    study, write_curves, tmp_path: Path
) -> None:
    table = named(study(TWO))
    write_curves(tmp_path, table.cells)
    figure = draw("curves", tmp_path, table, "C10+")
    _, error = figure.axes
    (star,) = [line for line in error.lines if line.get_marker() == "*"]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (40, 4.51)
    assert star.get_color() == looks(table.cells["variant"])["DenseNet-BC"].colour
    assert not stars(figure) and error.get_ylim()[0] < 4.51
    assert legend(figure)[-1] == "published (test)" and below_the_panels(figure)
    assert caption(figure).endswith(
        "Stars: CVPR 2017 Table 2, the same networks, after 300 epochs."
    )


def test_curves_of_other_networks_have_no_stars(study, write_curves, tmp_path: Path) -> None:
    table = named(study({"other": ((22, 40), 650, 1.0)}))
    write_curves(tmp_path, table.cells)
    figure = draw("curves", tmp_path, table, "C10+")
    assert "published" not in " ".join(legend(figure)) and "CVPR" not in caption(figure)


def test_the_frame_grows_for_what_is_near() -> None:
    printed = pd.DataFrame(
        {"cost": [25.0, 24.0, 401.0, 100.0, 100.0], "error": [5.0, 5.0, 5.0, 2.9, 3.1]}
    )
    near = near_ours(printed, pd.Series([100.0]), 4.0, 5.0)
    assert near.index.tolist() == [0, 4]
    assert room_for(near, 4.0, 5.0) == (pytest.approx(3.1 - 0.05 * 1.9), 5.0)
    assert room_for(near.head(0), 4.0, 5.0) == (4.0, 5.0)
