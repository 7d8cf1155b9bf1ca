"""The frontier as a chart that tells of each point: Vega-Lite, by Altair. Extra `report`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ablate.analysis import (
    Results,
    frontier_data,
    plain_rows,
    published_points,
    split_of,
    stopped_data,
)
from ablate.cells import METRICS
from ablate.drawing import COLOUR, error_label, error_limits, looks
from ablate.errors import AblateError
from ablate.machine import usable_cache, write_text
from ablate.page.told import Told
from ablate.text import count, duration, error_text, percent, point_text, share_text, size

if TYPE_CHECKING:
    import altair

_HEIGHT = 340  # pixels
_LOG_FROM = 3  # largest over smallest, as in the static figure
_WRITTEN = {"bytes": size, "s": duration}  # costs of a unit; others are counts
_TOP = 1.5  # of the worst done cell of a search, as in the static figure
_GREY = "#595959"
_TIPS = {"point": "point", "about": "error (%)", "at": "cost"}  # field -> what it is called
_COLUMNS = ("cost", "error", "low", "high", "n", "label", "line", "on_front", "front_share")


Rows = list[dict[str, Any]]
Marks = Any  # a chart of Altair's, whose methods do not say which kind of one they return


def has_charts() -> bool:
    """Whether the extra is installed."""
    return bool(find_spec("altair") and find_spec("vl_convert"))


def frontier_chart(told: Told) -> dict[str, Any] | None:
    """A run -> its frontier as a Vega-Lite document; None without the extra, and without a point.

    The static figure has the same points, lines and intervals, in the same colours.
    """
    drawn = told.drawings.get("frontier")
    if not has_charts() or drawn is None or isinstance(drawn, AblateError):
        return None
    import altair as alt

    results = told.results
    cost = results.cost()
    data = frontier_data(results.cells, cost)
    data = data[data["cost"].notna() & data["error"].notna()]
    rows, others = _rows(data, results.head.sweep_keys, cost), _others(results, cost)
    error = error_label(results.head.subject, split_of(results.cells))
    seen = rows
    if results.is_search:  # the same that the static figure has room for
        top = _TOP * max(row["error"] for row in rows)
        seen = [*rows, *(other for other in others if other["error"] <= top)]
    x, y = _axes(seen, cost, error)
    own = alt.Chart(alt.InlineData(values=rows)).encode(x=x)
    layers = _of_cells(rows, own, y) if results.is_search else _of_lines(rows, own, y, error)
    if others:
        layers.insert(0, _hollow(others, x, y))
    return _sized(alt.layer(*layers), drawn.told)


def _rows(data: pd.DataFrame, keys: Sequence[str], cost: str) -> Rows:
    """A row per point: numbers to draw, and texts to tell."""
    write = _WRITTEN.get(METRICS[cost].unit, count)
    rows = []
    for number, row in enumerate(plain_rows(data)):
        sweep = {key: row[key] for key in keys if row[key] is not None}
        rows.append(
            {name: row[name] for name in _COLUMNS}
            | {
                "number": number,
                "point": point_text(row["variant"], sweep),
                "at": write(row["cost"]),
                "about": error_text(row["error"], row["low"], row["high"], row["n"]),
                "front": share_text(row["front_share"]),
                "size": _size(row["front_share"]),
            }
        )
    return rows


def _size(share: float | None) -> float:
    """Square pixels of a marker: the surer a point is on the front, the larger."""
    return 80.0 if share is None else 30.0 + 110.0 * share


def _others(results: Results, cost: str) -> Rows:
    """What stands beside the points: cells that ended early, where they did; published numbers."""
    write = _WRITTEN.get(METRICS[cost].unit, count)
    stopped = plain_rows(stopped_data(results.cells, cost))
    printed = plain_rows(published_points(results, cost))
    named = [(f"{row['variant']}, {row['state']}", row) for row in stopped]
    named += [(f"published: {row['name']}", row) for row in printed]
    return [
        {
            "cost": row["cost"],
            "error": row["error"],
            "point": name,
            "at": write(row["cost"]),
            "about": percent(row["error"]),
        }
        for name, row in named
    ]


def _axes(rows: Rows, cost: str, error: str) -> tuple[altair.X, altair.Y]:
    """Of a frame in which these rows are, as that of the static figure."""
    import altair as alt

    costs, metric = [row["cost"] for row in rows], METRICS[cost]
    low, high = min(costs), max(costs)
    is_wide = low > 0 and high / low > _LOG_FROM
    spread = {"type": "log"} if is_wide else {"type": "linear", "zero": False}
    scale = alt.Scale(domain=[low, high], nice=False, padding=14, **spread)
    x = alt.X("cost:Q", scale=scale).title(metric.axis).axis(format="~s", tickCount=5)
    means, lows, highs = (
        np.array([np.nan if (v := row.get(name)) is None else v for row in rows], np.float64)
        for name in ("error", "low", "high")
    )
    bottom, top, _ = error_limits(means, lows, highs)
    y = alt.Y("error:Q").title(error).scale(domain=[bottom, top], nice=False, zero=False)
    return x, y


def _of_cells(rows: Rows, own: Marks, error: altair.Y) -> list[Marks]:
    """Of a search every cell, and the lowest error that each cost buys, as steps."""
    import altair as alt

    front = own.transform_filter("datum.on_front").mark_line(
        interpolate="step-after", strokeDash=[4, 2], strokeWidth=1
    )
    front = front.encode(y=error, color=alt.value(_GREY))
    return [front, _points(rows, own.encode(color=alt.value(COLOUR)), error)]


def _of_lines(rows: Rows, own: Marks, error: altair.Y, title: str) -> list[Marks]:
    """Means with their intervals, joined along a sweep, in the colours of the static figure."""
    import altair as alt

    colours = {name: look.colour for name, look in looks(row["label"] for row in rows).items()}
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    legend = alt.Legend(title=None, orient="bottom", labelLimit=0, columns=2, symbolOpacity=1)
    own = own.encode(color=alt.Color("label:N", scale=scale, legend=legend))
    whiskers = own.transform_filter("isValid(datum.low)").mark_rule(opacity=0.6, clip=True)
    lines = own.mark_line().encode(y=error, detail="line:N")
    low = alt.Y("low:Q").title(title)  # axes that agree are one
    return [whiskers.encode(y=low, y2="high:Q"), lines, _points(rows, own, error)]


def _points(rows: Rows, own: Marks, error: altair.Y) -> Marks:
    """What tells of itself where it is pointed at."""
    import altair as alt

    has_shares = any(row["front_share"] is not None for row in rows)
    tips = _TIPS | ({"front": "on the front"} if has_shares else {})
    sizes = alt.Size("size:Q", scale=None, legend=None)
    points = own.mark_point(filled=True, opacity=1)
    return points.encode(y=error, size=sizes, tooltip=_tips(tips))


def _hollow(others: Rows, x: altair.X, error: altair.Y) -> Marks:
    import altair as alt

    marks = alt.Chart(alt.InlineData(values=others)).mark_point(
        filled=False, clip=True, color=_GREY
    )
    return marks.encode(x=x, y=error, tooltip=_tips(_TIPS))


def _tips(titles: Mapping[str, str]) -> list[altair.Tooltip]:
    import altair as alt

    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


def _sized(chart: Marks, told: str) -> dict[str, Any]:
    sized = chart.properties(
        width="container", height=_HEIGHT, description=told, background="transparent"
    )
    plain = sized.configure_axis(titleFontWeight="normal", titleFontSize=12, labelFontSize=11)
    document: dict[str, Any] = plain.to_dict()
    return document


@cache
def chart_script() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script, 0.9 MB; kept from one command to the next."""
    root = usable_cache()
    kept = root / f"vega-embed-{version('vl-convert-python')}.js" if root else None
    if kept and kept.is_file():
        return kept.read_text(encoding="utf-8")
    from vl_convert import javascript_bundle

    script = javascript_bundle("window.vegaEmbed = vegaEmbed;")
    script = script.replace("\r", "").replace("</script", "<\\/script")
    if kept:
        write_text(kept, script)
    return script
