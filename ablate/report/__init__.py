"""Tables -> figures, for people."""

from typing import TYPE_CHECKING

from ablate.doors import opened_later
from ablate.report.run import Run, importances
from ablate.report.verbs import plot

# seaborn takes a second to load, which tables need not wait for.
if TYPE_CHECKING:
    from ablate.report.figures import FIGURES, draw_figure, figures_of
    from ablate.report.form import Form

__all__ = [
    "FIGURES",
    "Form",
    "Run",
    "draw_figure",
    "figures_of",
    "importances",
    "plot",
]

__getattr__ = opened_later(__name__, __file__)
