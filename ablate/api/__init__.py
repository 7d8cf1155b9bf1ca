"""The verbs as functions: what the command line calls and what scripts may call."""

from ablate.api.answers import class_errors, predictions
from ablate.api.confirming import confirm, confirmation
from ablate.api.measuring import measure
from ablate.api.reading import (
    choose,
    compare,
    equal_error,
    export,
    importances,
    plot,
    results,
    taken,
)
from ablate.api.running import (
    default_devices,
    load_for_run,
    plan,
    preview,
    run,
    run_path,
)

__all__ = [
    "choose",
    "class_errors",
    "compare",
    "confirm",
    "confirmation",
    "default_devices",
    "equal_error",
    "export",
    "importances",
    "load_for_run",
    "measure",
    "plan",
    "plot",
    "predictions",
    "preview",
    "results",
    "run",
    "run_path",
    "taken",
]
