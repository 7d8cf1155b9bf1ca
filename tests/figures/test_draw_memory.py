"""Figure `memory`."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from ablate.drawing import house_style
from ablate.errors import UsageError
from ablate.figures import draw_figure, figures_of
from ablate.figures.draw_memory import draw_memory
from tests.analysis.test_memory import measured, row
from tests.made_results import run_of

TWO = [row(depth, name) for depth in (22, 40) for name in ("ours", "theirs")]


def draw(results) -> Figure:
    with house_style():
        figure = draw_memory(run_of(Path(), results))
        figure.draw_without_rendering()
    return figure


def text_of(figure: Figure) -> str:
    return " ".join(text.get_text().replace("\n", " ") for text in figure.texts)


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_memory_above_time_below_by_depth_and_by_parameters() -> None:
    figure = draw(measured(*TWO, row(40, "small", 0.25, peak_bytes=5 * 10**6)))
    one, two, three, four = figure.axes
    assert one.get_ylabel() == "training memory (MB)" and three.get_ylabel() == "time of a step (s)"
    assert (three.get_xlabel(), four.get_xlabel()) == ("depth", "parameters")
    shown = {tuple(line.get_ydata()) for line in one.lines}
    assert shown == {(22.0, 40.0), (5.0,)}
    assert [tuple(line.get_xdata()) for line in two.lines[-1:]] == [(22000.0, 40000.0)]
    assert names(figure) == ["ours", "theirs", "small"]
    assert text_of(figure) == (
        "C10+: 64 images a step; times in fp32, cpu AVX2, 2 threads, torch 2.11.0, median of n=5. "
        "Memory is counted, in fp32: parameters, gradients, momentum and maps alive at once, "
        "no workspaces; 1 GB is 10^9 bytes. Equal bytes, so one line: ours, theirs."
    )


def test_published_curves_are_grey_hollow_and_named_so() -> None:
    figure = draw(measured(*TWO, published="fig5"))
    published = [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]
    assert len(published) == 5
    assert {line.get_color() for line in published} == {"0.55"}
    assert {line.get_markerfacecolor() for line in published} == {"none"}
    naive = max(published, key=lambda line: line.get_ydata()[0])
    assert naive.get_ydata()[0] == pytest.approx(1340)  # MB, at depth 34
    labels = [name for name in names(figure) if name.startswith("published: ")]
    assert len(labels) == 5 and "published: naive LuaTorch" in labels
    assert "Published: 64 images a step on a Titan X" in text_of(figure)
    ours = [line for line in figure.axes[0].lines if line not in published]
    assert "0.55" not in {line.get_color() for line in ours}


def test_what_a_gpu_took_is_dotted_in_the_same_colour() -> None:
    figure = draw(measured(row(22, "ours", measured_peak_bytes=30 * 10**6)))
    counted, on_gpu = figure.axes[0].lines
    assert (counted.get_linestyle(), on_gpu.get_linestyle()) == ("-", ":")
    assert counted.get_color() == on_gpu.get_color()
    assert list(on_gpu.get_ydata()) == [30.0]
    assert "measured on the GPU" in names(figure)


def test_without_a_sweep_it_is_one_column() -> None:
    figure = draw(measured(row(None, "ours"), sweep=()))
    assert len(figure.axes) == 2 and figure.axes[1].get_xlabel() == "parameters"


def test_only_counted() -> None:
    figure = draw(measured(row(22, "ours", None)))
    assert "nothing was timed" in text_of(figure) and not figure.axes[2].lines[0].get_xdata().size


def test_a_measure_study_has_this_figure_alone(study, tmp_path: Path) -> None:
    results = measured(*TWO)
    assert figures_of(run_of(tmp_path, results)) == ["memory"]
    assert "memory" not in figures_of(run_of(tmp_path, study()))
    assert [path.name for path in draw_figure("memory", run_of(tmp_path, results))] == [
        "memory.png",
        "memory.svg",
    ]
    with pytest.raises(UsageError) as caught:
        draw_figure("frontier", run_of(tmp_path, results))
    message = "frontier: is no figure of a study that measures its networks and trains none"
    assert str(caught.value) == message
    with pytest.raises(UsageError, match="memory: is no figure of a study that trains"):
        draw_figure("memory", run_of(tmp_path, study()))
