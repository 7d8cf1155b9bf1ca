"""The page in a real browser: a headless Chromium of the system, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ablate.page import written
from tests.page.conftest import told
from tests.page.test_html import EVIL

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
WANTED = [
    *([] if CHROMIUM else ["chromium, of Debian's package of that name"]),
    *([] if find_spec("playwright") else ["playwright, of the extra `dev`"]),
]
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
HAS_CHARTS = find_spec("altair") and find_spec("vl_convert")

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(bool(WANTED), reason=f"needs {' and '.join(WANTED)}"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two variants, one with a name that would be markup, and a cell that was lost."""
    folder = tmp_path_factory.mktemp("page")
    evil = EVIL.replace("/", "|")
    variants = {"plain": (10, 16, 22), evil: (16, 22, 28)}
    return written([told(folder, variants, ended={1: ("diverged", EVIL)}, question=EVIL)])


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[Open]:
    """`opened(width, ...)`: the page; at the end nothing was complained of, nothing asked for."""
    contexts, complaints = [], []

    def open_at(size: dict[str, int] = DESKTOP, path: Path = file, **options: Any) -> Any:
        context = browser.new_context(viewport=size, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url[:80]))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url)
            ),
        )
        page.goto(path.as_uri())
        if HAS_CHARTS and options.get("java_script_enabled", True):
            page.wait_for_selector("figure.live .chart svg")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not complaints


def column(page: Any, number: int) -> list[str]:
    """The texts of a column of the last table that sorts: a row per point."""
    script = "(n) => [...[...document.querySelectorAll('table.sorts')].at(-1).tBodies[0].rows]"
    found: list[str] = page.evaluate(f"{script}.map((row) => row.cells[n].textContent)", number)
    return found


def test_a_table_sorts_by_its_numbers(opened: Open) -> None:
    page = opened()
    table = page.locator("table.sorts").last
    heads = [text.strip() for text in table.locator("thead th").all_inner_texts()]
    params = heads.index("params")
    before = column(page, params)
    button = table.locator("thead button").nth(params)
    button.click()
    assert column(page, params) == ["8k", "20.5k", "20.5k", "38.7k", "38.7k", "62.7k"] != before
    head = table.locator("thead th").nth(params)
    assert head.get_attribute("aria-sort") == "ascending"
    button.focus()
    page.keyboard.press("Enter")
    assert column(page, params) == ["62.7k", "38.7k", "38.7k", "20.5k", "20.5k", "8k"]
    assert head.get_attribute("aria-sort") == "descending"
    assert table.locator("thead th[aria-sort]").count() == 1


def test_what_is_missing_stays_below(opened: Open) -> None:
    page = opened()
    table = page.locator("table.sorts").last
    heads = [text.strip() for text in table.locator("thead th").all_inner_texts()]
    at = heads.index("difference")
    for _ in range(2):
        table.locator("thead button").nth(at).click()
        texts = column(page, at)
        known = [text for text in texts if text[0] in "+-" and len(text) > 1]
        assert known and texts[: len(known)] == known


@pytest.mark.skipif(not HAS_CHARTS, reason="needs altair and vl-convert-python, extra `report`")
def test_pointing_at_a_point_tells_of_it(opened: Open) -> None:
    page = opened()
    points = page.locator(".chart svg .mark-symbol path[aria-roledescription='point']")
    assert points.count() >= 6
    page.locator(".chart").first.scroll_into_view_if_needed()
    told_of = set()
    for number in range(points.count()):
        box = points.nth(number).bounding_box()
        if box is None:
            continue
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(*middle, steps=8)  # as a hand does: a pointer does not jump
        page.mouse.move(middle[0] + 1, middle[1])
        tip = page.locator("#vg-tooltip-element.visible")
        tip.wait_for()
        told_of.add(tip.inner_text())
        assert tip.locator("img, script").count() == 0 and "undefined" not in tip.inner_text()
    assert any("plain, depth 10" in text and "n=2" in text and "8k" in text for text in told_of)
    assert any("<script>" in text for text in told_of)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_it_fits_and_can_be_read(opened: Open, size: dict[str, int], scheme: str) -> None:
    page = opened(size, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for selector in ("p.says", ".note", "figcaption", "dt", "nav a", "thead button"):
        assert contrast(page, selector) >= 4.5, selector


def contrast(page: Any, selector: str) -> float:
    """Of a text and the page's background, as WCAG counts it."""
    of = "getComputedStyle(document.querySelector(s))"
    ink = luminance(page.evaluate(f"(s) => {of}.color", selector))
    paper = luminance(page.evaluate(f"(s) => {of}.backgroundColor", "body"))
    return (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05)


def luminance(colour: str) -> float:
    """`rgb(1, 2, 3)` -> relative luminance."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_everything_is_reached_by_keyboard(opened: Open) -> None:
    page = opened()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style != "none" or page.evaluate("document.activeElement === document.body")
    assert {"A", "BUTTON", "DIV", "SUMMARY"} <= reached


def test_on_paper_all_is_unfolded_and_the_figures_are_static(opened: Open) -> None:
    page = opened()
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("nav").is_hidden() and page.locator("figure img").first.is_visible()
    assert page.locator(".chart svg").count() == 0 or page.locator(".chart").first.is_hidden()
    assert luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) == 1
    assert page.pdf()[:5] == b"%PDF-"
    assert page.evaluate("[...document.querySelectorAll('details')].every((each) => each.open)")


def test_without_scripts_it_stands_as_it_comes(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator("figure img").first.is_visible()
    assert page.locator("table.sorts").last.locator("tbody tr").count() == 6
