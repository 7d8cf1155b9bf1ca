"""Tables -> figures, for people."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later
from ablate.figures.run import Run, importances, run_of
from ablate.figures.verbs import Figures, figures_drawn, plot

# seaborn takes a second to load, which tables need not wait for.
if TYPE_CHECKING:
    from ablate.figures.form import Form
    from ablate.figures.registry import FIGURES, Drawn, draw, draw_figure, figures_of

__all__ = [
    "FIGURES",
    "Drawn",
    "Figures",
    "Form",
    "Run",
    "draw",
    "draw_figure",
    "figures_drawn",
    "figures_of",
    "importances",
    "plot",
    "run_of",
]

__getattr__ = opened_later(__name__, __file__)
