"""The registry of figures: drawing one, writing it to files, showing it on a page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from ablate.analysis import has_sources, is_done
from ablate.contrasts import has_effects
from ablate.drawing import Page, house_style, rearrange
from ablate.errors import UsageError
from ablate.figures.draw_confusion import draw_confusion, has_predictions
from ablate.figures.draw_curves import draw_curves
from ablate.figures.draw_effects import draw_effects
from ablate.figures.draw_frontier import draw_frontier
from ablate.figures.draw_history import draw_history
from ablate.figures.draw_interactions import draw_interactions, has_interactions
from ablate.figures.draw_memory import draw_memory
from ablate.figures.draw_weights import draw_weights
from ablate.figures.form import Form
from ablate.figures.run import Run
from ablate.text import nearest

_RATED = 10  # cells of a search without which importances say nothing


@dataclass(frozen=True)
class Figure:
    """A kind of figure."""

    name: str
    draw: Callable[..., Page]  # of a `Run` and every one of the options
    options: Mapping[str, str] = field(default_factory=dict)  # and their defaults
    suits: Callable[[Run], bool] = lambda run: True  # whether a run has it without being asked
    is_of_measured: bool = False  # of a study whose networks are measured and not trained

    def check(self, run: Run, options: Collection[str]) -> None:
        """Raise UsageError for a run or an option that it is not of."""
        if self.is_of_measured != run.results.is_measured_alone:
            does = "trains" if self.is_of_measured else "measures its networks and trains none"
            raise UsageError(f"{self.name}: is no figure of a study that {does}")
        for option in options:
            if option not in self.options:
                raise UsageError(f"{self.name}: unknown option `{option}`")

    def of(self, run: Run, **options: str) -> Page:
        """This figure of a run."""
        return self.draw(run, **{**self.options, **options})

    def stem(self, options: Mapping[str, str]) -> str:
        """Its files' name: what was chosen is in it."""
        chosen = [value for name, value in options.items() if value != self.options[name]]
        return "-".join([self.name, *chosen])


def _has_effects(run: Run) -> bool:
    if run.results.is_search:
        return bool(is_done(run.results.cells).sum() >= _RATED)
    return has_effects(run.results.cells)


_FIGURES = (
    Figure("frontier", draw_frontier, {"cost": ""}),
    Figure("curves", draw_curves),
    Figure(
        "weights",
        draw_weights,
        {"variant": "", "rescale": "none"},
        lambda run: has_sources(run.folder, run.results.cells),
    ),
    Figure("history", draw_history, {"reference": ""}, lambda run: run.results.is_search),
    Figure("effects", draw_effects, suits=_has_effects),
    Figure("interactions", draw_interactions, suits=has_interactions),
    Figure("confusion", draw_confusion, {"variant": ""}, has_predictions),
    Figure("memory", draw_memory, is_of_measured=True),
)
FIGURES: Mapping[str, Figure] = {figure.name: figure for figure in _FIGURES}


def figures_of(run: Run, options: Collection[str] = ()) -> list[str]:
    """The names of the figures that a run folder has, and that take every one of `options`."""
    return [
        figure.name
        for figure in FIGURES.values()
        if figure.is_of_measured == run.results.is_measured_alone
        and set(options) <= figure.options.keys()
        and figure.suits(run)
    ]


@dataclass(frozen=True)
class Drawn:
    """A figure of a run, drawn once for all that it is wanted in. Safe in threads."""

    name: str
    stem: str  # of its files
    page: Page
    run: Path

    @property
    def caption(self) -> str:
        """What it shows, of how many seeds, under which conditions."""
        return self.page.caption

    @property
    def told(self) -> str:
        """What a reader who does not see it is told: its axes, and what its legend names."""
        return f"Figure {self.name}: {self.page.told}"

    @property
    def has_colour_scale(self) -> bool:
        """Whether colours stand for numbers, so that they are to be as they are."""
        return any(ax.get_label() == "<colorbar>" for ax in self.page.axes)

    def write(self, out: Path | None = None, form: Form | None = None) -> list[Path]:
        """The files `figures/<stem>.png` and `.svg`, both replaced; see `draw_figure`."""
        form = form or Form()
        files = form.files(out or self.run / "figures", self.stem)
        with house_style():
            form.arrange(self.page)
            for path, ending in files.items():
                hint = "" if out else "; --out DIR draws elsewhere"
                form.save(self.page, path, ending, hint)
        return list(files)

    def svg(self) -> str:
        """For a page: transparent, and without the caption, which the page has as text."""
        written = BytesIO()
        with house_style():
            rearrange(self.page, None, with_caption=False)
            about = {"Date": None, "Creator": None}
            self.page.savefig(written, format="svg", metadata=about, transparent=True)
            rearrange(self.page, None, with_caption=True)  # as it was, for its files
        text = written.getvalue().decode()
        return text[text.index("<svg") :]


def draw(name: str, run: Run, **options: str) -> Drawn:
    """A figure of a run; options and errors are those of `draw_figure`."""
    if name not in FIGURES:
        raise UsageError(f"unknown figure `{name}`{nearest(name, FIGURES)}")
    kind = FIGURES[name]
    kind.check(run, options)
    with house_style():
        page = kind.of(run, **options)
    return Drawn(name, kind.stem(options), page, run.folder)


def draw_figure(
    name: str, run: Run, out: Path | None = None, form: Form | None = None, **options: str
) -> list[Path]:
    """A figure of a run -> the files `figures/<name>.png` and `.svg`, both replaced.

    `out` is another folder for them, or a file that ends in a format's name: then it is the only.
    `form` says in which format alone, how large, and whether with its caption.
    `frontier` has the option `cost`, `weights` has `variant` and `rescale` (none, column),
    `confusion` has `variant`, `history` has `reference` (`error=20,params=1e6`); a value that is
    not the default is added to the files' names (`frontier-macs`). Safe in threads.
    Raises UsageError for an unknown figure, option or value, HolesError where nothing can be drawn,
    MachineError where nothing can be written.
    """
    if out:
        (form or Form()).is_file(out)  # refuses what it cannot be, before anything is drawn
    return draw(name, run, **options).write(out, form)
