"""The columns of the tables and their dtypes, in order; nullable, so that a count stays a count."""

from __future__ import annotations

from ablate.cells.metrics import COSTS, METRICS, MORE_ERRORS

# Of a table of cells; what a variant's sweep sets stands between the two.
BEFORE_SWEEP = dict.fromkeys(("study", "profile", "key", "variant"), "string")
MEASURED = dict.fromkeys((n for n, m in METRICS.items() if m.source == "measured"), "Float64")
AFTER_SWEEP = {
    "seed": "Int64",
    "trial": "Int64",
    "state": "string",
    "reason": "string",
    "attempts": "Int64",
    "split": "string",
    "epochs": "Int64",
    "error": "Float64",
    "loss": "Float64",
    **dict.fromkeys(MORE_ERRORS, "Float64"),
    "stopped_epoch": "Int64",
    "stopped_error": "Float64",
    "params": "Int64",
    "macs": "Int64",
    "flops": "Int64",
    "saved_bytes": "Int64",
    "peak_bytes": "Int64",
    "train_seconds": "Float64",
    "shared_by": "Int64",
    "devices_per_cell": "Int64",
    **MEASURED,  # missing where not measured
    "device": "string",
    "torch": "string",
    "ablate": "string",
    "data_note": "string",
    "data_sha256": "string",  # of the images, where the result says
    "split_sha256": "string",  # of which of them were held out
}
# Of these the ones that some cell has.
WHERE_SOME = (*MORE_ERRORS, "devices_per_cell")
# Of a table of points, behind what is swept.
OF_MEANS = {
    "split": "string",
    "n": "Int64",
    "holes": "Int64",
    "states": "string",
    "error": "Float64",
    "sd": "Float64",
    "low": "Float64",
    "high": "Float64",
    **{name: "Float64" if METRICS[name].unit == "s" else "Int64" for name in COSTS},
}
OF_DIFFERENCES = {
    "is_baseline": "boolean",
    "cost_ratio": "Float64",
    "difference": "Float64",
    "difference_low": "Float64",
    "difference_high": "Float64",
    "p": "Float64",
    "verdict": "string",
    "seeds_needed": "Int64",
    "lost": "string",  # cells that count against a side: nothing is claimed in its favour
    "bound_low": "Float64",  # of the difference, were they like the others or failed outright
    "bound_high": "Float64",
}
# Of a table of points, too, where each is a single network; there: of what it is set against.
OF_NETWORKS = {"wrong_only_here": "Int64", "wrong_only_there": "Int64", "mcnemar_p": "Float64"}
# Of a table of classes and variants, or points; the error is the mean over seeds, and points.
OF_CLASSES = {
    "class": "string",
    "images": "Int64",
    "variant": "string",
    "is_baseline": "boolean",
    "error": "Float64",
    "difference": "Float64",
    "difference_low": "Float64",
    "difference_high": "Float64",
}
# Of a table of variants at equal cost.
OF_LINES = {
    "variant": "string",
    "points": "Int64",
    "cost_low": "Float64",
    "cost_high": "Float64",
    "covered": "Float64",
    **OF_DIFFERENCES,
    "ratio": "Float64",
    "ratio_low": "Float64",
    "ratio_high": "Float64",
    "ratio_covered": "Float64",
    "reason": "string",
    "ratio_reason": "string",
}
# All of them, and those of figures: beside these a design's factors become columns.
COLUMNS = frozenset(
    (
        *BEFORE_SWEEP,
        *AFTER_SWEEP,
        *OF_MEANS,
        *OF_DIFFERENCES,
        *OF_NETWORKS,
        *("step", "factor", "level", "label", "line", "cost", "on_front", "front_share"),
    )
)
