"""In which formats figures are written, how large, with their caption or without."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.image import imread
from PIL import Image

from ablate.drawing import Page, house_style
from ablate.errors import UsageError
from ablate.figures import FIGURES, Form, draw, draw_figure
from tests.made_results import run_of


def page(folder: Path, table, form: Form) -> Page:
    with house_style():
        drawn = FIGURES["frontier"].of(run_of(folder, table))
        form.arrange(drawn)
    return drawn


def test_in_which_formats(study, tmp_path: Path) -> None:
    run = run_of(tmp_path, study(seeds=1))
    (pdf,) = draw_figure("frontier", run, form=Form("pdf"))
    assert pdf.name == "frontier.pdf" and pdf.read_bytes().startswith(b"%PDF")
    first = pdf.read_bytes()
    assert draw_figure("frontier", run, tmp_path / "mine.pdf") == [tmp_path / "mine.pdf"]
    assert (tmp_path / "mine.pdf").read_bytes() == first and b"CreationDate" not in first
    assert [path.name for path in draw_figure("frontier", run)] == ["frontier.png", "frontier.svg"]


@pytest.mark.parametrize("size", ["4x3", "101.6x76.2mm", "4x3in"])
def test_a_size_is_that_of_the_whole_figure(study, tmp_path: Path, size: str) -> None:
    (png,) = draw_figure("frontier", run_of(tmp_path, study(seeds=2)), form=Form("png", size))
    assert imread(png).shape[:2] == (900, 1200)


def test_nothing_covers_a_panel_whatever_the_size(study, tmp_path: Path) -> None:
    for size in ("", "2.2x4", "8x2.5"):
        for caption in (True, False):
            drawn = page(tmp_path, study(seeds=2), Form("", size, caption))
            drawn.draw_without_rendering()
            (ax,), (legend,), (text,) = drawn.axes, drawn.legends, drawn.texts
            box = legend.get_window_extent()
            assert ax.get_tightbbox().y0 >= box.y1 - 1
            assert box.x0 >= 0 and box.x1 <= drawn.bbox.width and box.y0 >= 0
            assert bool(text.get_text()) == caption
            if caption:
                words = text.get_window_extent()
                assert box.y0 >= words.y1 and words.x1 <= drawn.bbox.width and words.y0 >= 0


def test_without_its_caption_a_figure_is_lower_and_its_file_has_it(study, tmp_path: Path) -> None:
    run = run_of(tmp_path, study(seeds=2))
    with_caption = page(tmp_path, study(seeds=2), Form())
    without = page(tmp_path, study(seeds=2), Form(caption=False))
    assert without.get_figheight() < with_caption.get_figheight() - 0.1
    text = with_caption.caption
    assert text.startswith("Mean of n=2 seeds")
    png, svg = draw_figure("frontier", run, form=Form(caption=False))
    assert Image.open(png).text["Description"] == text
    assert svg.read_text(encoding="utf-8").count(text) == 1
    (pdf,) = draw_figure("frontier", run, form=Form("pdf", caption=False))
    assert text[:30].encode() in pdf.read_bytes()
    # With a size the panels have the room that the caption leaves.
    sized = [page(tmp_path, study(seeds=2), Form("", "4x3", caption)) for caption in (True, False)]
    for drawn in sized:
        drawn.draw_without_rendering()
    heights = [drawn.axes[0].get_window_extent().height for drawn in sized]
    assert heights[1] > heights[0] + 10


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("gif",), "--format: unknown value `gif`; valid: png, svg, pdf"),
        (("", "wide"), "--size: must be WIDTHxHEIGHT in inches, or in mm .* got `wide`"),
        (("", "3x"), "--size: must be WIDTHxHEIGHT"),
        (("", "86x66cm"), "--size: must be WIDTHxHEIGHT"),
        (("", "1x3"), r"--size: either must be 1.5 to 20 inches \(38 to 508 mm\), got `1x3`"),
        (("", "3x900"), "--size: either must be"),
    ],
)
def test_what_is_no_form(values: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Form(*values)


def test_what_has_no_room(study, tmp_path: Path) -> None:
    run = run_of(tmp_path, study(seeds=2))
    with pytest.raises(UsageError, match=r"--size: 1.5 inches are too low, as .* panels want 1"):
        draw_figure("frontier", run, form=Form("", "3x1.5"))
    with pytest.raises(UsageError, match=r"--format: is svg, but --out is .*mine.pdf"):
        draw_figure("frontier", run, tmp_path / "mine.pdf", Form("svg"))
    assert not list(tmp_path.rglob("*.p*"))


def test_a_figure_is_drawn_once_for_files_and_page(study, tmp_path: Path) -> None:
    """The page has the caption as text; the files have it though they are written after."""
    drawn = draw("frontier", run_of(tmp_path, study()))
    svg = drawn.svg()
    assert svg.startswith("<svg") and "Mean of n=3 seeds" not in svg
    assert drawn.caption.startswith("Mean of n=3 seeds")
    assert drawn.told.startswith("Figure frontier: C10+ validation error (%) against parameters.")
    assert "Shown: DenseNet, DenseNet-C" in drawn.told
    files = drawn.write()
    alone = draw_figure("frontier", run_of(tmp_path, study()), tmp_path / "alone")
    assert [file.read_bytes() for file in files] == [file.read_bytes() for file in alone]
