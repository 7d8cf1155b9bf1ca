"""ablate: a study file in; a comparison with error bars, efficiency curves and a network out.

The names below are the Python API; each is loaded when it is first used, so that `import ablate`
is quick and needs no torch.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ablate.api import compare, confirm, equal_error, measure, plan, preview, results, run
    from ablate.costs import cost
    from ablate.export import load
    from ablate.models import build
    from ablate.spec import architecture, load_architecture, load_study

__version__ = version("ablate-nn")

_DOORS = {
    "architecture": "ablate.spec",
    "build": "ablate.models",
    "compare": "ablate.api",
    "confirm": "ablate.api",
    "cost": "ablate.costs",
    "equal_error": "ablate.api",
    "load": "ablate.export",
    "load_architecture": "ablate.spec",
    "load_study": "ablate.spec",
    "measure": "ablate.api",
    "plan": "ablate.api",
    "predictions": "ablate.api",
    "preview": "ablate.api",
    "results": "ablate.api",
    "run": "ablate.api",
}

__all__ = [
    "__version__",
    "architecture",
    "build",
    "compare",
    "confirm",
    "cost",
    "equal_error",
    "load",
    "load_architecture",
    "load_study",
    "measure",
    "plan",
    "predictions",
    "preview",
    "results",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module 'ablate' has no attribute {name!r}")
    return getattr(import_module(_DOORS[name]), name)


def __dir__() -> list[str]:
    return __all__
