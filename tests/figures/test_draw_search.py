"""The figures of searches: a cloud for the frontier, and the history."""

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.cbook import pts_to_poststep
from matplotlib.figure import Figure
from matplotlib.path import Path as Path2D
from matplotlib.text import Text

from ablate.analysis import Results, choose
from ablate.drawing import Label, house_style, paint_labels, rearrange
from ablate.errors import UsageError
from ablate.figures import FIGURES, draw_figure, figures_of
from tests.made_results import run_of
from tests.made_up_search import search


def draw(name: str, cells: pd.DataFrame | Results, **options: str) -> Figure:
    with house_style():
        figure = FIGURES[name].of(run_of(Path(), cells), **options)
        figure.draw_without_rendering()
    return figure


def caption(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def lines(ax) -> dict[str, np.ndarray]:
    return {str(line.get_label()): line.get_xydata() for line in ax.lines}


def test_a_cloud_with_its_front() -> None:
    figure = draw("frontier", search())
    (ax,) = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("parameters", "C10+ validation error (%)")
    assert legend(figure) == ["cell", "stopped early", "Pareto front"]
    drawn = lines(ax)
    assert len(drawn["cell"]) == 67 and len(drawn["Pareto front"]) == 12
    assert (np.diff(drawn["Pareto front"], axis=0) * [1, -1] > 0).all()
    assert len(drawn["stopped early"]) == 17 - 3
    assert caption(figure) == (
        "67 cells of one seed each. How sure the front is one seed cannot tell. "
        "Hollow: the last error of cells that ended early, 17 pruned "
        "(3 of them beyond the frame). 16 infeasible suggestions, not trained. "
        "40 epochs, NVIDIA H100, torch 2.11.0."
    )


def test_the_cloud_is_drawn_against_the_searched_cost() -> None:
    table = search(30, {"error": "minimize", "macs": "minimize"})
    assert draw("frontier", table).axes[0].get_xlabel() == "MACs per image"
    assert draw("frontier", table, cost="params").axes[0].get_xlabel() == "parameters"


def test_a_search_of_two_cells() -> None:
    figure = draw("frontier", search(2))
    assert legend(figure)[0] == "cell" and "2 cells of one seed each" in caption(figure)
    assert caption(draw("history", search(1))).startswith("1 cell of one seed, in the order")
    assert "luck" not in caption(draw("history", search(1)))
    assert "best so far" in legend(draw("history", search(2)))


def test_curves_of_a_search_colour_its_front(write_curves, tmp_path: Path) -> None:
    results = search(30)
    table = results.cells
    write_curves(tmp_path, table)
    with house_style():
        figure = FIGURES["curves"].of(run_of(tmp_path, results))
    entries = legend(figure)
    assert all(entry.startswith("trial ") for entry in entries[:-1]) and len(entries) <= 9
    assert entries[-1] == "other cells"
    done = int(table["state"].eq("done").sum())
    shown = len(entries) - 1
    assert f"{shown} of the Pareto front in colours, {done - shown} others grey" in caption(figure)
    assert len(figure.axes[1].lines) == done


def test_history_of_one_objective() -> None:
    figure = draw("history", search(objectives={"error": "minimize"}))
    (ax,) = figure.axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("cells trained", "C10+ validation error (%)")
    assert legend(figure) == ["cell", "stopped early", "best so far", "infeasible"]
    drawn = lines(ax)
    assert len(drawn["cell"]) == 67 and len(drawn["infeasible"]) == 16
    assert drawn["best so far"][-1, 0] == 100 - 16
    assert (np.diff(drawn["best so far"][:, 1]) <= 0).all()
    assert "hypervolume" not in caption(figure).lower()
    assert (
        "The lowest of so many falls by luck alone: the last is too low by up to 2.4 deviations "
        "over seeds on average."
    ) in caption(figure)
    assert "16 infeasible suggestions, not trained. Sampler tpe, pruner pareto." in caption(figure)


def test_history_of_several_prints_its_reference() -> None:
    figure = draw("history", search(), reference="error=20,params=4e6")
    _, volume = figure.axes
    assert volume.get_ylabel() == "hypervolume" and volume.get_ylim()[0] == 0
    (steps,) = volume.lines
    assert len(steps.get_xdata()) == 100
    assert (
        "Hypervolume over error and log10 parameters, to the reference error 20 %, parameters 4M."
    ) in caption(figure)


@pytest.mark.parametrize("name", ["frontier", "history"])
@pytest.mark.parametrize("objectives", [["error"], ["error", "params"], ["loss", "macs"]])
@pytest.mark.parametrize("trials", [1, 40])
def test_nothing_covers_anything(name: str, objectives: list[str], trials: int) -> None:
    figure = draw(name, search(trials, dict.fromkeys(objectives, "minimize")))
    bottom = min(ax.get_tightbbox().y0 for ax in figure.axes)
    box, text = figure.legends[0].get_window_extent(), figure.texts[0].get_window_extent()
    assert bottom >= box.y1 - 1 and box.y0 >= text.y1 and text.y0 >= 0


def assert_names_cover_nothing(ax: Axes) -> None:
    boxes = [Text.get_window_extent(text) for text in ax.texts]  # without the lines to points
    frame = ax.get_window_extent()
    for box in boxes:
        assert frame.x0 < box.x0 and box.x1 < frame.x1 and frame.y0 < box.y0 and box.y1 < frame.y1
        assert sum(box.overlaps(other) for other in boxes) == 1  # itself
        for line in ax.lines:
            is_front = line.get_label() == "Pareto front"
            corners = pts_to_poststep(*line.get_data()) if is_front else line.get_data()
            places = ax.transData.transform(np.transpose(corners))
            assert not np.any([box.contains(*place) for place in places])
            assert not is_front or not Path2D(places).intersects_bbox(box, filled=False)


@pytest.mark.parametrize("objectives", [["error"], ["error", "params"], ["loss", "macs"]])
@pytest.mark.parametrize("trials", [1, 2, 12, 300])
def test_best_and_knee_are_named_where_nothing_is_covered(
    objectives: list[str], trials: int
) -> None:
    results = search(trials, dict.fromkeys(objectives, "minimize"), seed=3)
    figure = draw("frontier", results)
    (ax,) = figure.axes
    trial_of = {
        way: results.cells.set_index("key").loc[choose(results, way)[0].keys[0], "trial"]
        for way in ("best", "knee")
    }
    is_one = trials == 1 or trial_of["best"] == trial_of["knee"]
    ways = {"best" if trials == 1 else "best, knee": "best"} if is_one else {w: w for w in trial_of}
    assert {text.get_text() for text in ax.texts} == {
        f"{label}: trial {trial_of[way]}" for label, way in ways.items()
    }
    assert_names_cover_nothing(ax)
    named = [annotation.xy for annotation in ax.texts]
    assert {tuple(point) for point in named} <= {tuple(point) for point in lines(ax)["cell"]}


@pytest.mark.parametrize("size", [(2.2, 2.4), (7.0, 5.0)])
def test_names_find_other_places_in_another_size(size: tuple[float, float]) -> None:
    with house_style():
        figure = FIGURES["frontier"].of(run_of(Path(), search(40)))
        before = [text.get_position() for text in figure.axes[0].texts]
        rearrange(figure, size, with_caption=False)
        figure.draw_without_rendering()
    assert_names_cover_nothing(figure.axes[0])
    assert [text.get_position() for text in figure.axes[0].texts] != before


def test_a_knee_of_another_cost_is_not_named() -> None:
    (ax,) = draw("frontier", search(40), cost="macs").axes
    assert [text.get_text().split(":")[0] for text in ax.texts] == ["best"]


def test_where_no_place_is_free_a_name_covers_the_least() -> None:
    figure = Figure(figsize=(2, 1))
    ax = figure.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 60)), axis=-1)
    places = grid.reshape(-1, 2)
    places = places[(places[:, 0] < 0.5) | (places[:, 1] % 0.1 < 0.05)]  # fewer on the right
    paint_labels(ax, [Label(0.1, 0.5, "a name")], places)
    assert ax.texts[0].get_position()[0] > 0.5 and ax.texts[0].arrowprops


def test_a_name_among_many_cells_takes_little_memory() -> None:
    """It was 40 kB for each place in sight: 1.9 GiB for a search of 500 cells."""
    ax = Figure(figsize=(3, 2)).subplots()
    places = np.random.default_rng(0).random((20_000, 2))
    tracemalloc.start()
    try:
        paint_labels(ax, [Label(0.1, 0.5, "a name")], places)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100e6


def test_which_figures_a_search_has(study, tmp_path: Path) -> None:
    assert "history" in figures_of(run_of(tmp_path, search(5)))
    assert "history" not in figures_of(run_of(tmp_path, study(seeds=1)))
    with pytest.raises(UsageError, match="history: is of searches"):
        draw_figure("history", run_of(tmp_path, study(seeds=1)))
    png, _ = draw_figure("history", run_of(tmp_path, search(20)), reference="error=20")
    assert png.name == "history-error=20.png"


def test_a_fixed_design_has_its_stopped_cells_hollow(study, tmp_path: Path) -> None:
    table = study({"A": ((10, 22), 650, 1.0), "B": ((22,), 450, 0.9)}, holes={1: "timeout"})
    table.loc[1, ["params", "stopped_error"]] = [65_000, table.loc[0, "error"]]
    figure = draw("frontier", table)
    (hollow,) = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert hollow.get_xydata().tolist() == [[65_000, table.loc[0, "error"]]]
    assert "Hollow: the last error of cells that ended early, 1 timeout." in caption(figure)
    table.loc[1, "stopped_error"] = 90.0
    assert "1 timeout (1 of them beyond the frame)." in caption(draw("frontier", table))
