"""ablate: a study file in; a comparison with error bars, efficiency curves and a network out.

The names below are the Python API; each is loaded when it is first used, so that `import ablate`
is quick and needs no torch.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from ablate.doors import opened_later

if TYPE_CHECKING:  # of files, where one has the name of its verb: a room has both
    from ablate.analysis import predictions
    from ablate.analysis.results import results
    from ablate.claims import equal_error
    from ablate.costs import cost
    from ablate.engine import rebuild
    from ablate.engine.confirm import confirm
    from ablate.engine.plan import plan, preview
    from ablate.engine.run import run
    from ablate.exporting import export, load
    from ablate.figures import plot
    from ablate.health import doctor
    from ablate.launching import launch
    from ablate.measuring.measure import measure
    from ablate.models import build
    from ablate.networks import architecture, load_architecture
    from ablate.page import report
    from ablate.progress import status
    from ablate.study import load_study
    from ablate.tables.verb import by_class, compare, effects

__version__ = version("ablate-nn")

__all__ = [
    "__version__",
    "architecture",
    "build",
    "by_class",
    "compare",
    "confirm",
    "cost",
    "doctor",
    "effects",
    "equal_error",
    "export",
    "launch",
    "load",
    "load_architecture",
    "load_study",
    "measure",
    "plan",
    "plot",
    "predictions",
    "preview",
    "rebuild",
    "report",
    "results",
    "run",
    "status",
]

__getattr__ = opened_later(__name__, __file__)


def __dir__() -> list[str]:
    return __all__
