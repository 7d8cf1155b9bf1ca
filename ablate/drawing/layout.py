"""Panels above, legend and caption below: nothing covers data, whatever the names' length."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D

from ablate.drawing.style import WIDTH, Look, house_style
from ablate.errors import UsageError

_SHOWN_DPI = 110  # a figure for print is small on a screen
_CAPTION_POINTS = 7
_CAPTION_LETTERS = 62  # of this size in a column's width
_LABEL_LETTERS = 56
_GAP = 0.05  # inches
_LEAST = 1.0  # inches of height that panels are given at least
# Beyond so many entries a legend in one column is longer than the panels: two columns, small.
_MANY, _SMALL_POINTS, _SMALL_LETTERS = 10, 5.5, 28


class Page(Figure):
    """Panels, and what stands below them."""

    panels = 0.0  # inches of height
    entries: Sequence[Line2D] = ()  # of the legend
    caption = ""
    arranged: Callable[[], None] | None = None  # what follows when panels have their size
    written: Callable[..., list[Path]] | None = None  # what writes it, where it is of a run

    def save(
        self,
        out: str | Path | None = None,
        *,
        format: str = "",
        size: str = "",
        caption: bool = True,
    ) -> list[Path]:
        """Write it to files, which are replaced, and return their paths.

        They are `figures/NAME.png` and `.svg` of the run folder, or in the folder `out`, which may
        be a file that ends in .png, .svg or .pdf, too. `format` is one of these alone; `size` is
        that of the whole figure, `3.4x2.6` in inches or `86x66mm`; without its `caption` a file
        has that in its metadata. Raises UsageError for what cannot be, MachineError where nothing
        can be written.
        """
        if self.written is None:
            raise UsageError("save: is of a run's figure; `savefig` writes any")
        return self.written(out, format=format, size=size, caption=caption)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """What a notebook shows, without pyplot; sharp where a screen has two dots a pixel."""
        written = BytesIO()
        with house_style():
            self.savefig(written, format="png", dpi=2 * _SHOWN_DPI)
        width, height = (round(_SHOWN_DPI * float(inches)) for inches in self.get_size_inches())
        return written.getvalue(), {"width": width, "height": height}

    @property
    def told(self) -> str:
        """Its panels and its legend in words: `error (%) against parameters. Shown: A, B.`"""
        across = next((text for ax in reversed(self.axes) if (text := ax.get_xlabel())), "")
        up = " and ".join(dict.fromkeys(text for ax in self.axes if (text := ax.get_ylabel())))
        shown = ", ".join(" ".join(str(each.get_label()).split()) for each in self.entries)
        axes = " against ".join(filter(None, [up, across]))
        return " ".join(f"{part}." for part in (axes, shown and f"Shown: {shown}") if part)


def stacked(heights: Sequence[float]) -> tuple[Page, list[Axes]]:
    """Panels with a common x axis, of so many inches each; without pyplot's global state."""
    figure = _figure(WIDTH, sum(heights))
    count = len(heights)
    axes = figure.subplots(count, 1, sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    return figure, list(axes)


def side_by_side(ratios: Sequence[float], width: float, height: float) -> tuple[Page, list[Axes]]:
    """Panels in a row with a common y axis, as wide as `ratios` say; without pyplot's state."""
    figure = _figure(width, height)
    axes = figure.subplots(1, len(ratios), sharey=True, squeeze=False, width_ratios=ratios)[0]
    return figure, list(axes)


def grid(rows: int, columns: int, width: float, height: float) -> tuple[Page, list[list[Axes]]]:
    """Panels in rows with a common y axis and columns with a common x axis; without pyplot."""
    figure = _figure(width, height)
    axes = figure.subplots(rows, columns, sharex="col", sharey="row", squeeze=False)
    return figure, [list(row) for row in axes]


def panels(rows: int, columns: int, width: float, height: float) -> tuple[Page, list[Axes]]:
    """Panels in rows of `height` inches each, with a common y axis; without pyplot's state."""
    figure = _figure(width, rows * height)
    return figure, list(figure.subplots(rows, columns, sharey=True, squeeze=False).flat)


def _figure(width: float, height: float) -> Page:
    figure = Page(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)  # measures text
    return figure


def key_of(label: str, look: Look) -> Line2D:
    """A variant's entry in the legend."""
    return Line2D([], [], color=look.colour, marker=look.marker, label=label, markeredgewidth=0)


def put_below(page: Page, entries: Sequence[Line2D], sentences: Sequence[str]) -> None:
    """Legend, if it has entries, and caption under the panels; the page grows by their height."""
    page.entries = entries
    page.caption = " ".join(_sentence(part) for part in sentences if part)
    page.panels = page.get_figheight()
    _arrange(page)


def rearrange(page: Page, size: tuple[float, float] | None, *, with_caption: bool) -> None:
    """Make a page with all that is on it so large, in inches, or leave out its caption.

    Without a caption alone it is so much lower. Raises UsageError where nothing is left for panels.
    """
    for each in (*page.texts, *page.legends):
        each.remove()
    if size:
        page.set_size_inches(size)
    _arrange(page, height=size[1] if size else 0.0, with_caption=with_caption)


def _arrange(page: Page, height: float = 0.0, with_caption: bool = True) -> None:
    width = page.get_figwidth()
    caption = page.text(
        0.02,
        0,
        textwrap.fill(page.caption if with_caption else "", int(_CAPTION_LETTERS * width / WIDTH)),
        size=_CAPTION_POINTS,
        color="0.3",
        va="bottom",
        linespacing=1.15,
    )
    legend = _legend(page, page.entries) if page.entries else None
    caption_height = caption.get_window_extent().height / page.dpi if caption.get_text() else 0.0
    legend_height = legend.get_window_extent().height / page.dpi if legend else 0.0
    below = caption_height + legend_height
    below += 3 * _GAP if below else 0.0
    total = height or page.panels + below
    if total - below < _LEAST:
        raise UsageError(
            f"--size: {total:.2g} inches are too low, as legend and caption take {below:.1f} and "
            f"panels want {_LEAST:g}"
        )
    page.set_size_inches(width, total)
    caption.set_y(_GAP / total)
    if legend:
        legend.set_bbox_to_anchor((0.5, (caption_height + 2 * _GAP) / total), page.transFigure)
    engine = page.get_layout_engine()
    if engine is not None:
        engine.set(rect=(0, below / total, 1, 1 - below / total))  # type: ignore[call-arg]
    if page.arranged:
        page.arranged()


def _sentence(text: str) -> str:
    # n is a symbol, whatever stands before it.
    return f"{text if text.startswith('n=') else text[0].upper() + text[1:]}."


def _legend(figure: Figure, entries: Sequence[Line2D]) -> Legend:
    """As many columns as fit."""
    many = len(entries) > _MANY and figure.get_figwidth() <= WIDTH
    letters = _SMALL_LETTERS if many else _LABEL_LETTERS
    letters = int(letters * min(1.0, figure.get_figwidth() / WIDTH))
    size = _SMALL_POINTS if many else None
    for entry in entries:
        entry.set_label(textwrap.fill(str(entry.get_label()), letters))
    columns = min(4, len(entries))
    legend = _columns(figure, entries, columns, size)
    while columns > 1 and legend.get_window_extent().width > 0.97 * figure.bbox.width:
        legend.remove()
        columns -= 1
        legend = _columns(figure, entries, columns, size)
    return legend


def _columns(figure: Figure, entries: Sequence[Line2D], columns: int, size: float | None) -> Legend:
    return figure.legend(
        handles=list(entries),
        ncols=columns,
        fontsize=size,
        loc="lower center",
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        columnspacing=1.2,
        handlelength=1.8,
        labelspacing=0.35,
    )
