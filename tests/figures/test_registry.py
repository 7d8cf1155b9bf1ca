"""Figures through their registry: files, sizes and texts, never pixels."""

from __future__ import annotations

import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.image import imread

import ablate.figures
from ablate.analysis import Results, frontier_data
from ablate.drawing import house_style, key_of, looks, put_below, stacked
from ablate.errors import HolesError, UsageError
from ablate.figures import FIGURES, draw_figure
from tests.made_results import run_of

OF_ERRORS = ["frontier", "curves"]  # with variants to be told apart
ONE = {"only": ((40,), 100, 1.0)}
FLAT = {"A": ((None,), 650, 1.0), "B": ((None,), 450, 0.9)}
MANY = {f"a variant with quite a long name, {i}": ((22, 40), 50 + 40 * i, 1.0) for i in range(12)}


def draw(
    name: str, folder: Path, cells: pd.DataFrame | Results, subject: str = "", **options: str
) -> Figure:
    with house_style():
        figure = FIGURES[name].of(run_of(folder, cells, subject=subject), **options)
        figure.draw_without_rendering()
    return figure


def caption(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def below_the_panels(figure: Figure) -> bool:
    """Neither legend nor caption reaches into a panel or out of the figure."""
    panels = min(ax.get_tightbbox().y0 for ax in figure.axes)
    box, text = figure.legends[0].get_window_extent(), figure.texts[0].get_window_extent()
    inside = text.y0 >= 0 and max(box.x1, text.x1) <= figure.bbox.width and min(box.x0, text.x0) > 0
    return panels >= box.y1 - 1 and box.y0 >= text.y1 and inside


@pytest.mark.parametrize("name", OF_ERRORS)
def test_two_files_one_column_wide(study, write_curves, tmp_path: Path, name: str) -> None:
    write_curves(tmp_path, study(seeds=2))
    files = draw_figure(name, run_of(tmp_path, study(seeds=2), subject="C10+"))
    assert files == [tmp_path / "figures" / f"{name}.{ending}" for ending in ("png", "svg")]
    assert sorted(files[0].parent.iterdir()) == sorted(files)
    assert imread(files[0]).shape[1] == 1020
    assert ">C10+ validation error (%)<" in files[1].read_text()


@pytest.mark.parametrize("name", OF_ERRORS)
def test_names_are_text_and_no_formulas(study, write_curves, tmp_path: Path, name: str) -> None:
    names = [
        "$x^$",
        "cheap $",
        "dear $$",
        r"\frac{",
        "_hidden",
        "a & <b>",
        "$\\alpha$ and $\\beta$",
    ]
    table = study({each: ((22, 40), 300 + 50 * i, 1.0) for i, each in enumerate(names)}, seeds=2)
    write_curves(tmp_path, table)
    drawn = legend(draw(name, tmp_path, table, "$C10$"))[: len(names)]
    assert [text.removesuffix(", depth 40") for text in drawn] == names
    svg = draw_figure(name, run_of(tmp_path, table, subject="$C10$"))[1].read_text(encoding="utf-8")
    for each in (*drawn, "$C10$ validation error (%)"):
        assert f">{escape(each)}<" in svg


def test_the_same_numbers_give_the_same_svg_from_any_thread(study, tmp_path: Path) -> None:
    before = dict(mpl.rcParams)
    with ThreadPoolExecutor(2) as pool:
        folders = [tmp_path / "a", tmp_path / "b"]
        written = list(
            pool.map(
                lambda folder: draw_figure("frontier", run_of(folder, study(seeds=1))), folders
            )
        )
    first, second = (files[1].read_bytes() for files in written)
    assert first == second and b"<dc:date>" not in first
    assert dict(mpl.rcParams) == before


def test_frontier_says_what_it_shows(study, tmp_path: Path) -> None:
    figure = draw("frontier", tmp_path, study(holes={1: "oom", 4: "waiting"}), "C10+")
    (ax,) = figure.axes
    assert ax.get_ylabel() == "C10+ validation error (%)"
    assert ax.get_xlabel() == "parameters" and ax.get_xscale() == "log"
    assert legend(figure) == ["DenseNet", "DenseNet-C", "DenseNet-B", "DenseNet-BC", "Pareto front"]
    assert caption(figure) == (
        "Mean of n=2 to 3 seeds, 95% t interval. The larger a marker, the surer its point is on "
        "the front. 40 epochs, NVIDIA H100, torch 2.11.0. 2 cells missing (1 oom, 1 waiting)."
    )
    sizes = [text.get_fontsize() for text in figure.findobj(mpl.text.Text) if text.get_text()]
    assert min(sizes) >= 7


def test_markers_are_as_large_as_points_are_surely_on_the_front(study, tmp_path: Path) -> None:
    table = study()
    data = frontier_data(table)
    sizes = sorted(
        (mark.get_offsets()[0][1], mark.get_sizes()[0])
        for mark in draw("frontier", tmp_path, table, "").axes[0].collections
        if isinstance(mark, PathCollection)
    )
    expected = sorted(zip(data["error"], (2 + 3.5 * data["front_share"]) ** 2, strict=True))
    for seen, pair in zip(sizes, expected, strict=True):
        assert seen == pytest.approx(pair)
    alone = draw("frontier", tmp_path, study(seeds=1), "")
    assert not alone.axes[0].collections
    assert "How sure the front is one seed cannot tell." in caption(alone)


@pytest.mark.parametrize(
    ("cost", "label"),
    [
        ("macs", "MACs per image"),
        ("flops", "FLOPs per image, 2 per MAC"),
        ("saved_bytes", "activations saved by a step (MiB)"),
        ("peak_bytes", "training memory (MiB)"),
        ("train_seconds", "training time (min)"),
    ],
)
def test_frontier_against_other_costs(study, tmp_path: Path, cost: str, label: str) -> None:
    (ax,) = draw("frontier", tmp_path, study(seeds=1), "", cost=cost).axes
    assert ax.get_xlabel() == label


def test_another_cost_has_a_file_of_its_own(study, tmp_path: Path) -> None:
    png, _ = draw_figure("frontier", run_of(tmp_path, study(ONE)), cost="macs")
    assert png.name == "frontier-macs.png"
    assert (
        draw_figure("frontier", run_of(tmp_path, study(ONE)), cost="params")[0].name
        == "frontier-params.png"
    )
    assert draw_figure("frontier", run_of(tmp_path, study(ONE)))[0].name == "frontier.png"


def test_intervals_that_are_cut_off_are_said_to_be(study, tmp_path: Path) -> None:
    figure = draw("frontier", tmp_path, study(seeds=2, noise=1.0), "C10+")
    assert "cut off at the frame where longer" in caption(figure)


@pytest.mark.parametrize(("variants", "seeds"), [(ONE, 1), (ONE, 2), (FLAT, 3), (MANY, 2)])
@pytest.mark.parametrize("name", OF_ERRORS)
def test_awkward_studies(study, write_curves, tmp_path: Path, name, variants, seeds) -> None:
    table = study(variants, seeds=seeds)
    write_curves(tmp_path, table, epochs=1 if variants is ONE else 12, every=1)
    figure = draw(name, tmp_path, table, "C10+")
    assert below_the_panels(figure)
    assert caption(figure).startswith("n=1." if seeds == 1 else f"Mean of n={seeds} seeds")


def test_curves_say_what_they_show(study, write_curves, tmp_path: Path) -> None:
    table = study(holes=dict.fromkeys(range(18, 36), "failed"))
    write_curves(tmp_path, table, every=2)
    figure = draw("curves", tmp_path, table, "C10+")
    loss, error = figure.axes
    assert loss.get_ylabel() == "training loss (nats)"
    assert (error.get_ylabel(), error.get_xlabel()) == ("C10+ validation error (%)", "epoch")
    assert legend(figure) == [
        "DenseNet, depth 40",
        "DenseNet-B, depth 100",
        "DenseNet-BC, depth 100",
    ]
    assert "band: 95% t interval of each epoch alone" in caption(figure)
    assert "Without a finished curve: DenseNet-C." in caption(figure)
    drawn = error.lines[0].get_xydata()
    assert len(drawn) == 20 and drawn[-1, 0] == 40


def test_a_variant_looks_the_same_in_every_figure(study, write_curves, tmp_path: Path) -> None:
    table = study(holes=dict.fromkeys(range(18), "failed"))
    write_curves(tmp_path, table)
    expected = looks(table["variant"])["DenseNet-C"]
    for name in OF_ERRORS:
        entry = draw(name, tmp_path, table, "").legends[0].legend_handles[0]
        assert (entry.get_color(), entry.get_marker()) == (expected.colour, expected.marker)


def test_looks_do_not_repeat() -> None:
    assert len({(look.colour, look.marker) for look in looks(map(str, range(72))).values()}) == 72


@pytest.mark.parametrize("name", [*OF_ERRORS, "weights"])
def test_nothing_done_draws_nothing(study, tmp_path: Path, name: str) -> None:
    with pytest.raises(HolesError, match=r"none of the study's 3 cells is done \(3 waiting\)"):
        draw_figure(name, run_of(tmp_path, study(ONE, holes=dict.fromkeys(range(3), "waiting"))))
    assert not (tmp_path / "figures").exists()


def test_messages(study, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean `frontier`"):
        draw_figure("fronteer", run_of(tmp_path, study(ONE)))
    with pytest.raises(UsageError, match="curves: unknown option `cost`"):
        draw_figure("curves", run_of(tmp_path, study(ONE)), cost="macs")


def test_what_a_figure_takes_is_what_it_is_drawn_with() -> None:
    """An option that nothing draws, or that nobody may give, would be a fault."""
    for figure in FIGURES.values():
        parameters = [*inspect.signature(figure.draw).parameters]
        assert parameters == ["run", *figure.options], figure.name


def test_exported_names() -> None:
    assert all(hasattr(ablate.figures, name) for name in ablate.figures.__all__)
    with pytest.raises(AttributeError):
        _ = ablate.figures.nothing


def test_imports_stay_light() -> None:
    heavy = {
        "ablate.study": ["pandas", "matplotlib", "seaborn"],
        "ablate.analysis": ["torch", "optuna", "matplotlib", "seaborn", "scipy"],
        "ablate.figures": ["torch", "optuna", "matplotlib", "seaborn"],
        "ablate.figures.registry": ["torch", "optuna"],
    }
    looks = [
        f"import {room}; print([n for n in {names} if n in m])" for room, names in heavy.items()
    ]
    code = "\n".join(["import sys; m = sys.modules", *looks])
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["[]"] * len(heavy)


@pytest.mark.parametrize(("entries", "columns"), [(10, 1), (19, 2)])
def test_a_long_legend_takes_two_columns(entries: int, columns: int) -> None:
    with house_style():
        figure, _ = stacked([2.3])
        look = looks(["A"])["A"]
        names = [f"A network with dropout and drop-path {n}" for n in range(entries)]
        put_below(figure, [key_of(name, look) for name in names], ["n=1"])
        (legend,) = figure.legends
        assert legend._ncols == columns
        assert legend.get_window_extent().width <= figure.bbox.width
