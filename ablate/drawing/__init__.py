"""What figures are drawn with: style, axes, panels with legend and caption, names of points."""

from ablate.drawing.axes import (
    Counts,
    cost_axis,
    error_label,
    error_limits,
    log_where_wide,
    unit_of,
)
from ablate.drawing.labels import Label, paint_labels
from ablate.drawing.layout import (
    Page,
    grid,
    key_of,
    panels,
    put_below,
    rearrange,
    side_by_side,
    stacked,
)
from ablate.drawing.style import (
    COLOUR,
    DOT,
    FRONT,
    HOLLOW,
    WHISKER,
    WIDTH,
    Look,
    by_label,
    house_style,
    looks,
)

__all__ = [
    "COLOUR",
    "DOT",
    "FRONT",
    "HOLLOW",
    "WHISKER",
    "WIDTH",
    "Counts",
    "Label",
    "Look",
    "Page",
    "by_label",
    "cost_axis",
    "error_label",
    "error_limits",
    "grid",
    "house_style",
    "key_of",
    "log_where_wide",
    "looks",
    "paint_labels",
    "panels",
    "put_below",
    "rearrange",
    "side_by_side",
    "stacked",
    "unit_of",
]
