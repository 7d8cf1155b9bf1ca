"""What a notebook shows of a value."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

import ablate
from ablate.text import Said, Sheet, Shown, as_html

SHEET = Sheet(
    (["variant", "error"], [["<b>A&B</b>", Said.of("1.5 ± 0.1", 1.5)], ["C", Said.of("-", None)]]),
    "errors <of> x",
    note="± is half; a <script>alert(1)</script>\nsecond line",
)


class Tags(HTMLParser):
    """Start tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def test_texts_are_escaped_and_no_script_is_in_it() -> None:
    html = as_html([SHEET, "line <i>of</i> text"])
    page = Tags(html)
    tags = {tag for tag, _ in page.found}
    assert tags == set(
        ["div", "style", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "br"]
    )
    assert "<b>A&B</b>" in page.text and "<script>alert(1)</script>" in page.text
    assert "line <i>of</i> text" in page.text and "errors <of> x" in page.text


def test_numbers_stand_right_and_can_be_sorted() -> None:
    cells = [attrs for tag, attrs in Tags(SHEET.html).found if tag == "td"]
    assert [cell.get("data-number") for cell in cells] == ["1.5", None]
    assert {cell["class"] for cell in cells} == {"number"}
    heads = [attrs for tag, attrs in Tags(SHEET.html).found if attrs.get("scope") == "col"]
    assert [head.get("class") for head in heads] == [None, "number"]


def test_a_value_shows_itself_as_html_and_as_text() -> None:
    class Value(Shown):
        def parts(self) -> Iterator[Sheet | str]:
            yield from (SHEET, "in all: [2]")

    shown = str(Value())
    assert shown.splitlines()[0] == "errors <of> x" and shown.endswith("in all: [2]")
    assert "<b>A&B</b>  1.5 ± 0.1" in shown and "\x1b" not in shown
    html = as_html([SHEET, "in all: [2]"])
    assert Value()._repr_html_() == html
    assert Value()._repr_mimebundle_() == {"text/plain": shown, "text/html": html}


def test_an_architecture_is_a_table_of_its_settings() -> None:
    made = ablate.architecture(family="densenet", depth=22, connectivity={"window": 2})
    text = " ".join(Tags(made._repr_html_()).text.split())
    assert "DenseNet" in text and "depth 22" in text and "connectivity {window: 2}" in text


@pytest.mark.heavy
def test_a_plan_and_a_cost_show_their_tables_and_totals() -> None:
    small = {"family": "densenet", "depth": 10, "growth_rate": 4}
    study = {
        "name": "small",
        "data": {"dataset": "digits"},
        "variants": {"a <b>": small},
        "seeds": [0, 1],
    }
    plan = ablate.plan(ablate.load_study(study))
    page = Tags(plan._repr_html_())
    assert "a <b>" in page.text and "small: 2 cells" in page.text
    assert len([tag for tag, _ in page.found if tag == "tr"]) == 2  # heads, and both seeds in one
    cost = ablate.cost(small)
    assert f"{cost.params:,} parameters" in Tags(cost._repr_html_()).text
    assert str(cost).count("\n") > len([layer for layer in cost.layers if layer.macs])
