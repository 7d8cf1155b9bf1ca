"""Figure `confusion`: what stands in it, and that it stays inside."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from ablate.analysis import Read
from ablate.cells import CLASS_NAMES, PREDICTIONS, Predictions
from ablate.drawing import WIDTH, house_style
from ablate.errors import DamagedCell
from ablate.figures import FIGURES, draw_figure, figures_of
from tests.finished_cells import write_finished
from tests.made_results import run_of

ONE = {"A": ((40,), 100, 1.0)}


def answers(classes: int, names: tuple[str, ...] = ()) -> Predictions:
    """Of ten images of each class one is taken for the next, and of the first class four."""
    labels = np.repeat(np.arange(classes), 10)
    wrong = (np.arange(len(labels)) % 10 == 0) | (np.arange(len(labels)) < 4)
    return Predictions(labels, np.where(wrong, (labels + 1) % classes, labels), classes, names)


def write(folder: Path, key: str, found: Predictions) -> None:
    place = folder / "cells" / key
    place.mkdir(parents=True)
    (place / PREDICTIONS).write_bytes(found.packed(key))


def draw(folder: Path, table, read: Read | None = None) -> Figure:
    with house_style():
        figure = FIGURES["confusion"].of(replace(run_of(folder, table), read=read))
        figure.draw_without_rendering()
    return figure


def caption(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def test_shares_are_written_and_the_worst_is_named(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=2)
    for key in table["key"]:
        write(tmp_path, key, answers(3, ("cat", "dog", "newt")))
    figure = draw(tmp_path, table)
    ax, bar = figure.axes
    assert [text.get_text() for text in ax.texts] == ["60", "40", "90", "10", "10", "90"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cat", "dog", "newt"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("taken for", "C10+ class")
    assert bar.get_ylabel() == "% of the row's images"
    assert caption(figure) == (
        "Percent of the images of each class that were taken for another; grey: taken for what "
        "they are; A, depth 40, mean of n=2 seeds. Most often: cat taken for dog (40 %), dog taken "
        "for newt (10 %), newt taken for cat (10 %). 30 validation images. 40 epochs, NVIDIA H100, "
        "torch 2.11.0."
    )


@pytest.mark.parametrize(
    "names", [("a", "b"), CLASS_NAMES["cifar10"], CLASS_NAMES["cifar100"][:30], ("",) * 250]
)
def test_labels_stay_inside_and_apart(study, tmp_path: Path, names: tuple[str, ...]) -> None:
    table = study(ONE, seeds=1)
    found = answers(len(names), names if names[0] else ())
    figure = draw(tmp_path, table, read=lambda key: found)
    assert figure.get_size_inches()[0] == (WIDTH if len(names) <= 10 else 2 * WIDTH)
    text = figure.texts[0].get_window_extent()
    boxes = [ax.get_tightbbox() for ax in figure.axes]
    assert min(box.y0 for box in boxes) >= text.y1 and text.y0 >= 0
    assert min(box.x0 for box in boxes) >= 0
    assert max(box.x1 for box in [*boxes, text]) <= figure.bbox.width
    assert max(box.y1 for box in boxes) <= figure.bbox.height
    across = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    down = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(a.x1 < b.x0 for a, b in pairwise(across))
    assert all(a.y0 > b.y1 for a, b in pairwise(down))


def test_only_runs_that_kept_predictions_have_it(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=1)
    assert "confusion" not in figures_of(run_of(tmp_path, table))
    write(tmp_path, table["key"][0], answers(3))
    assert "confusion" in figures_of(run_of(tmp_path, table))
    png, _ = draw_figure("confusion", run_of(tmp_path, table), variant="A")
    assert png.name == "confusion-A.png"


def test_predictions_that_the_result_was_not_written_with_are_told(study, tmp_path: Path) -> None:
    """By whoever draws them: the figure is asked for, not left out."""
    table = study(ONE, seeds=1)
    (key,) = table["key"]
    cell = write_finished(tmp_path / "cells" / key, key)
    assert "confusion" in figures_of(run_of(tmp_path, table))
    (cell / PREDICTIONS).write_bytes(answers(2).packed(key))
    assert "confusion" in figures_of(run_of(tmp_path, table))
    with pytest.raises(
        DamagedCell, match=r"predictions\.safetensors: is not what result\.json was"
    ):
        draw_figure("confusion", run_of(tmp_path, table))


def test_a_thousand_classes_are_drawn_on_request_alone(study, tmp_path: Path) -> None:
    table = study(ONE, seeds=1)
    write(tmp_path, table["key"][0], answers(1000))
    assert "confusion" not in figures_of(run_of(tmp_path, table))
    assert draw_figure("confusion", run_of(tmp_path, table))
