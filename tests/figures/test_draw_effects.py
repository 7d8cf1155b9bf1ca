from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ablate.analysis import Results, frame
from ablate.contrasts import Effects, effects_of
from ablate.drawing import house_style
from ablate.errors import HolesError, UsageError
from ablate.figures import Run, draw_figure, figures_of
from ablate.figures.draw_effects import draw_effects
from ablate.figures.draw_interactions import draw_interactions
from ablate.figures.run import Importances
from tests.analysis.conftest import record
from tests.made_results import made, run_of
from tests.made_up_search import KNOBS, search

TWO = {"A": ((10, 22), 650, 1.0), "B": ((10, 22), 450, 0.9)}


def draw(cells: pd.DataFrame | Results) -> Figure:
    with house_style():
        figure = draw_effects(run(Path(), cells))
        figure.draw_without_rendering()
    return figure


def caption(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def ticks(ax) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def known() -> Importances:
    table = pd.DataFrame(
        {"knob": KNOBS, "importance": [0.6, 0.3, 0.1, 0.0], "low": [0.3, 0.1, 0.0, 0.0]}
    )
    table["high"], table["n"] = [0.8, 0.5, 0.2, 0.05], 20
    table["chance"] = [0.4, 0.35, 0.9, 0.0]
    return Importances(table, "of 20 cells", "fewer than 30 cells")


def run(folder: Path, cells: pd.DataFrame | Results) -> Run:
    """With the importances of a search."""
    return replace(run_of(folder, cells), importances=known)


def test_a_panel_per_factor_with_differences(study) -> None:
    figure = draw(study(TWO, holes={0: "oom"}))
    variant, depth = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["variant", "depth"]
    assert (ticks(variant), ticks(depth)) == (["A", "B"], ["10", "22"])
    assert depth.get_xlabel() == "difference in C10+ validation error\n(points)"
    assert variant.get_ylim() == (1.5, -0.5)  # the first on top
    hollow, full, zero = variant.lines[-3:]
    assert hollow.get_xydata().tolist() == [[0, 0]] and hollow.get_markerfacecolor() == "white"
    assert full.get_ydata().tolist() == [1] and zero.get_xdata() == [0, 0]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["reference level"]
    assert caption(figure) == (
        "Difference to the reference level, mean over all levels of the others, with 95% "
        "intervals of all 3 effects at once, over seeds. 40 epochs, NVIDIA H100, torch 2.11.0. "
        "1 cell missing (1 oom)."
    )


def test_means_where_levels_were_not_all_combined(study) -> None:
    figure = draw(study({"A": ((10,), 650, 1.0), "B": ((22, 40), 450, 0.9)}))
    assert figure.axes[-1].get_xlabel() == "C10+ validation error (%)"
    assert not figure.legends and not bars(figure)
    assert caption(figure).startswith(
        "Mean over the cells at a level, whatever else they differ in, n=3 to 6."
    )


def bars(figure: Figure) -> list[np.ndarray]:
    """Of intervals."""
    lines = [each for ax in figure.axes for each in ax.collections]
    return [
        bar for each in lines if isinstance(each, LineCollection) for bar in each.get_segments()
    ]


@pytest.mark.parametrize(("noise", "seeds"), [(0.0, 3), (0.3, 1)])
def test_without_spread_there_is_no_interval_of_width_zero(study, noise, seeds: int) -> None:
    table = study({"A": ((10,), 650, 1.0), "B": ((10,), 450, 0.9)}, seeds=seeds, noise=noise)
    figure = draw(table)
    assert not bars(figure)
    assert ", without an interval." in caption(figure)


def test_interactions_have_a_panel_a_pair_and_a_line_a_level(study) -> None:
    table = study(TWO | {"C": ((10, 22), 350, 1.2)}, holes={0: "oom"})
    with house_style():
        figure = draw_interactions(run(Path(), table))
        figure.canvas.draw()
        (ax,) = figure.axes
        legend = ax.get_legend()
        assert legend.get_window_extent().y0 >= ax.get_window_extent().y1
    assert [label.get_text() for label in ax.get_xticklabels()] == ["A", "B", "C"]
    assert (ax.get_xlabel(), legend.get_title().get_text()) == ("variant", "depth")
    assert [text.get_text() for text in legend.get_texts()] == ["10", "22"]
    (effects,) = [effects_of(made(table))]
    at_22 = effects.pairs[effects.pairs["other_level"].eq("22")]["error"].tolist()
    drawn = [line for line in ax.lines if len(line.get_xdata()) == 3 and line.get_label() == "22"]
    assert drawn[0].get_ydata().tolist() == pytest.approx(at_22)
    (low, high) = np.array(ax.collections[1].get_segments())[0][:, 1]
    assert [low, high] == pytest.approx(effects.pairs.iloc[1][["low", "high"]].tolist())
    assert "without what a seed adds to all" in caption(figure)


def test_pairs_stand_in_rows_and_say_which_clearly_interact(rows_of_three) -> None:
    with house_style():
        figure = draw_interactions(run_of(Path(), rows_of_three))
        figure.canvas.draw()
    assert len(figure.axes) == 3
    assert [ax.get_ylabel() != "" for ax in figure.axes] == [True, False, False]
    assert "Clear interactions: a 1 and b 1, with 95% intervals of all 6" in caption(figure)


def test_figures_of_one_run_share_its_effects(study, tmp_path: Path, monkeypatch) -> None:
    fits: list[None] = []

    def fit(results: Results) -> Effects:
        fits.append(None)
        return effects_of(results)

    monkeypatch.setattr("ablate.figures.run.effects_of", fit)
    drawn = run_of(tmp_path, study(TWO))
    for name in figures_of(drawn):
        if name in ("effects", "interactions"):
            draw_figure(name, drawn)
    assert len(fits) == 1 and len(list(tmp_path.rglob("*.svg"))) == 2


def test_a_pair_that_nothing_tells_of_is_not_drawn(study, tmp_path: Path) -> None:
    lost = run_of(tmp_path, study(TWO, holes={9: "oom", 10: "oom", 11: "oom"}))
    assert "interactions" not in figures_of(lost)
    with pytest.raises(HolesError, match="no two settings have levels that were combined"):
        draw_figure("interactions", lost)
    assert "interactions" in figures_of(run_of(tmp_path, study(TWO)))


@pytest.fixture
def rows_of_three() -> Results:
    draw, cells = np.random.default_rng(0), []
    for i, (*at, seed) in enumerate(product((0, 1), (0, 1), (0, 1), range(3))):
        error = 50 + 4 * (at[0] == at[1]) + draw.normal(0, 0.5)
        settings = dict(zip("abc", at, strict=True))
        cells.append(record("s", seed, error, **settings) | {"key": str(i)})
    return made(frame(cells, ("a", "b", "c")), baseline="s", sweep_keys=("a", "b", "c"))


def test_importances_are_bars_with_ranges() -> None:
    figure = draw(search(30))
    (ax,) = figure.axes
    assert ticks(ax) == ["growth rate", "connectivity.fraction", "recipe.lr", "dropout"]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == [0.6, 0.3, 0.1, 0.0, 0.4, 0.35, 0.9, 0.0]  # and what each has by chance
    assert ax.get_xlim() == (0, pytest.approx(0.918))
    assert caption(figure) == (
        "Of 20 cells. Fewer than 30 cells. 40 epochs, NVIDIA H100, torch 2.11.0."
    )


def test_long_names_stay_in_the_figure(study) -> None:
    names = [f"a variant with quite a long name, {i}" for i in range(12)]
    figure = draw(study({name: ((22, 40), 650, 1.0) for name in names}, seeds=2))
    with house_style():
        figure.draw_without_rendering()
        assert min(ax.get_tightbbox().x0 for ax in figure.axes) >= 0
        names = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert all(upper.y0 >= lower.y1 for upper, lower in pairwise(names))
    for ax, other in product(figure.axes, figure.axes):
        assert ax is other or not ax.get_window_extent().overlaps(other.get_window_extent())


def test_two_levels_alone_leave_room_for_the_axis(study) -> None:
    figure = draw(study({"A": ((10,), 650, 1.0), "B": ((10,), 450, 0.9)}))
    (ax,) = figure.axes
    assert ax.get_window_extent().height > 0.3 * figure.dpi
    assert ax.get_tightbbox().y0 > figure.legends[0].get_window_extent().y1


def test_which_runs_have_it(study, tmp_path: Path) -> None:
    assert "effects" in figures_of(run_of(tmp_path, study(TWO)))
    assert "effects" not in figures_of(
        run_of(tmp_path, study())
    )  # each variant has depths of its own
    assert "effects" in figures_of(run_of(tmp_path, search(30)))
    assert "effects" not in figures_of(run_of(tmp_path, search(9)))
    png, _ = draw_figure("effects", run(tmp_path, search(30)))
    assert png.name == "effects.png"
    assert draw_figure("effects", run_of(tmp_path, study()))[0].is_file()
    with pytest.raises(UsageError, match="drawn from its importances"):
        draw_figure("effects", run_of(tmp_path, search(30)))
