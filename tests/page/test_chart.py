"""The frontier as a chart: the points of the static figure, each with what is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ablate.analysis import frontier_data
from ablate.drawing import looks
from ablate.page import chart
from ablate.page.html import html
from tests.page.conftest import told
from tests.page.test_html import KINDS, Parsed

needs_charts = pytest.mark.skipif(
    not chart.has_charts(), reason="needs altair and vl-convert-python, extra `report`"
)


def rows_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The data of a chart, each point once."""
    layers = [document, *document["layer"]]
    tables = [layer["data"].get("values") for layer in layers if "data" in layer]
    tables += document.get("datasets", {}).values()
    found: list[dict[str, Any]] = next(rows for rows in tables if rows and "number" in rows[0])
    return found


@needs_charts
def test_every_point_tells_of_itself(tmp_path: Path) -> None:
    of_run = told(tmp_path)
    document = chart.frontier_chart(of_run)
    assert document is not None
    rows, data = rows_of(document), frontier_data(of_run.results.cells)
    assert [row["error"] for row in rows] == data["error"].tolist()
    assert rows[0]["point"] == "plain, depth 10" and rows[0]["at"] == "8k"
    assert rows[0]["about"].endswith("(n=3)") and "±" in rows[0]["about"]
    shares = data["front_share"].tolist()
    assert sorted(rows, key=lambda row: row["size"]) == sorted(
        rows, key=lambda row: shares[row["number"]]
    )
    assert document["description"].startswith("Figure frontier: C10+ validation error (%)")
    text = json.dumps(document)
    for look in looks(["plain", "bc"]).values():
        assert look.colour in text


@needs_charts
def test_of_a_search_every_cell_is_a_point(tmp_path: Path) -> None:
    of_run = KINDS["search"][0](tmp_path)
    document = chart.frontier_chart(of_run)
    assert document is not None
    assert len(rows_of(document)) == of_run.done
    assert "step-after" in json.dumps(document)


@needs_charts
def test_its_script_is_in_the_page_once_and_cannot_end_it(tmp_path: Path) -> None:
    runs = [told(tmp_path / "runs" / name) for name in ("one", "two")]
    text = html(runs)
    page = Parsed(text)
    specs = [json.loads(text) for text in page.texts["script"] if text.startswith("{")]
    assert len(specs) == 2
    scripts = [text for text in page.texts["script"] if "vegaEmbed" in text and len(text) > 1e5]
    assert len(scripts) == 1
    assert len(text) < 2_000_000


def test_without_the_extra_the_static_figure_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart, "has_charts", lambda: False)
    text = html([told(tmp_path)])
    page = Parsed(text)
    assert not [each for each in page.of("div") if each.get("class") == "chart"]
    assert "vega" not in "".join(page.texts["script"]).lower()
    assert len(text) < 400_000


def test_nothing_done_has_no_chart(tmp_path: Path) -> None:
    assert chart.frontier_chart(told(tmp_path, done=False)) is None
