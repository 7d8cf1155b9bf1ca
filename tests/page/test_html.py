"""The page: what it says of runs of every kind, and that nothing in it is run or loaded."""

from __future__ import annotations

import re
import shutil
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from ablate.page.html import commands, html
from ablate.page.told import Told
from tests.page.conftest import told

OLD = Path(__file__).parents[1] / "old_runs" / "a7dec5c"
# Elements that have no end.
VOID = {"meta", "img", "br", "link", "input", "hr"}
EVIL = '<script>alert(1)</script> & "quotes" <img src=x onerror=alert(1)>'
SVG = "{http://www.w3.org/2000/svg}"


class Parsed(HTMLParser):
    """Elements with their attributes, the text of each kind of element, and whether all end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def kept(name: str) -> Callable[[Path], Told]:
    """A run that a version before left behind."""

    def read(folder: Path) -> Told:
        first, *rest = name.split("/")
        run = shutil.copytree(OLD / first, folder / "runs" / first)
        return Told.of(run.joinpath(*rest))

    return read


FACTORIAL = {"design": {"kind": "factorial", "reference": {"depth": 10}}, "baseline": "s"}
KINDS: dict[str, tuple[Callable[[Path], Told], str]] = {
    "sweep": (kept("finished-design"), "at equal parameters"),
    "confirmation": (kept("finished-design/confirm"), "error"),
    "search": (kept("finished-search"), "The best error of 7 done cells is 30 % (trial 16)"),
    "path": (kept("half-path"), "done"),
    "half done": (kept("half-done"), "waiting"),
    "factorial": (lambda folder: told(folder, {"s": (10, 16)}, **FACTORIAL), "error"),
    "one seed": (lambda folder: told(folder, seeds=1), "one seed cannot tell"),
    "one point": (lambda folder: told(folder, {"only": (10,)}), "only has a validation error of"),
    "none done": (lambda folder: told(folder, done=False), "Not known yet: no cell is done"),
    "failures": (
        lambda folder: told(
            folder, ended={0: ("diverged", "loss is nan"), 4: ("failed", "OSError: x")}
        ),
        "no claim, as cells were lost",
    ),
    "all failed": (
        lambda folder: told(folder, ended=dict.fromkeys(range(12), ("oom", "it needs 90 GiB"))),
        "12 oom",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_run_has_a_whole_page(kind: str, tmp_path: Path) -> None:
    read, said = KINDS[kind]
    of_run = read(tmp_path)
    text = html([of_run])
    page = Parsed(text)
    check_structure(page)
    assert page.texts["h1"] == [of_run.question]
    assert said in text
    assert bool(of_run.sheets) == bool(page.texts.get("caption"))
    shown = [name for name, _ in of_run.drawings.items()]
    assert len(page.of("figure")) == len(shown)
    assert ("frontier" in shown) == bool(of_run.done)
    for command in (line for _, line in commands(of_run)):
        assert command in page.texts["code"]
    assert str(tmp_path) not in text


def check_structure(page: Parsed) -> None:
    """What a screen reader, a keyboard and a validator go by."""
    assert page.of("html") == [{"lang": "en"}]
    assert [len(page.of(tag)) for tag in ("h1", "main", "header", "footer", "nav")] == [1] * 5
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert not [name for name, n in Counter(names).items() if n > 1]
    for _, attributes in page.elements:
        assert attributes.get("aria-labelledby", names[0]) in names
        if (link := attributes.get("href", "")).startswith("#"):
            assert link[1:] in names
    assert all(heads.get("scope") in ("col", "row") for heads in page.of("th"))
    assert all(image["alt"] and image["src"].startswith("data:") for image in page.of("img"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for region in page.of("div"):
        assert "tabindex" not in region or region["aria-label"]


def test_nothing_is_loaded_and_only_its_own_scripts_run(tmp_path: Path) -> None:
    text = html([told(tmp_path)])
    page = Parsed(text)
    assert not page.of("link") and not page.of("iframe")
    for _, attributes in page.elements:
        assert not re.match("(https?:)?//", attributes.get("src", "") or attributes.get("href", ""))
    (policy,) = [m["content"] for m in page.of("meta") if "http-equiv" in m]
    assert "default-src 'none'" in policy and "connect-src" not in policy
    kinds = [script.get("type", "") for script in page.of("script")]
    run = [s for s, kind in zip(page.texts["script"], kinds, strict=True) if not kind]
    assert run
    for script in run:
        digest = b64encode(sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


def test_what_users_write_is_shown_and_not_run(tmp_path: Path) -> None:
    variant = EVIL.replace("/", "|")  # no variant's name has a slash
    of_run = told(
        tmp_path,
        {variant: (10, 16), "other": (16, 22)},
        ended={1: ("failed", f"ValueError: {EVIL}")},
        question=f"Is it {EVIL}?",
        subject=EVIL,
        study=EVIL,
    )
    plain, text = Parsed(html([told(tmp_path / "plain")])), html([of_run])
    page = Parsed(text)
    assert page.texts["h1"] == [f"Is it {EVIL}?"]
    assert len(page.of("script")) == len(plain.of("script"))
    assert not any(name.startswith("on") for _, each in page.elements for name in each)
    assert f"ValueError: {EVIL}" in "".join(page.texts["th"])
    assert all(image["src"].startswith("data:image/svg+xml,") for image in page.of("img"))
    found = False
    for image in page.of("img"):
        drawing = ElementTree.fromstring(unquote(image["src"].partition(",")[2]))
        assert not list(drawing.iter(f"{SVG}script")) and not list(drawing.iter(f"{SVG}image"))
        found |= "<script>" in "".join(drawing.itertext())
    assert found  # in a legend, as it was written


def test_failures_are_told_with_their_reasons(tmp_path: Path) -> None:
    ended = {0: ("diverged", "the loss is not finite"), 4: ("failed", "OSError: no such image")}
    page = Parsed(html([told(tmp_path, ended=ended)]))
    assert "diverged: the loss is not finite" in page.texts["th"]
    assert "failed: OSError: no such image" in page.texts["th"]
    alike = dict.fromkeys(range(9), ("oom", "it needs 90 GiB"))
    many = Parsed(html([told(tmp_path / "many", ended=alike)]))
    assert "oom: it needs 90 GiB" in many.texts["th"] and "9" in many.texts["td"]
    assert any(text.endswith("; and 3 more") for text in many.texts["td"])
    assert "No cell failed." in Parsed(html([told(tmp_path / "other")])).texts["p"]


def test_a_figure_that_cannot_be_drawn_says_why(tmp_path: Path) -> None:
    """The page can be sent away: it tells no path of the machine."""
    of_run = told(tmp_path)
    whole = len(Parsed(html([of_run])).of("img"))
    for result in tmp_path.glob("cells/*/result.json"):
        result.write_text("{", encoding="utf-8")
    page = Parsed(html([Told(of_run.run, of_run.results)]))
    assert len(page.of("img")) < whole
    assert any("result.json: is damaged" in text for text in page.texts["p"])
    assert str(tmp_path) not in "".join(page.texts["p"])


def test_numbers_sort_by_what_they_stand_for(tmp_path: Path) -> None:
    page = Parsed(html([told(tmp_path)]))
    numbers = [float(cell["data-number"]) for cell in page.of("td") if "data-number" in cell]
    assert 80 * 10**2 in numbers and "8k" in page.texts["td"]


def test_several_stand_side_by_side(tmp_path: Path) -> None:
    runs = [told(tmp_path / "runs" / name, question=f"{name}?") for name in ("one", "two")]
    page = Parsed(html([*runs, KINDS["search"][0](tmp_path)]))
    check_structure(page)
    assert page.texts["h1"] == ["3 studies side by side"]
    assert len(page.of("article")) == 3
    figures = [len(run.drawings) for run in runs]
    assert len(page.of("figure")) > sum(figures)
    assert [text for text in page.texts["a"] if text in ("one", "two")] == ["one", "two"] * 2
    overview = "".join(page.texts["table"][0])
    assert "one?" in overview and runs[1].answer in overview


def test_a_confirmation_has_what_was_predicted_beside_what_was_seen(tmp_path: Path) -> None:
    confirmation = kept("finished-design/confirm")(tmp_path)
    captions = Parsed(html([confirmation])).texts["caption"]
    assert captions == ["digits error (%)", "digits test error"]
    assert len(confirmation.sheets[0].lines[1]) == len(confirmation.results.head.chosen)


def test_a_test_set_is_told_how_often_it_was_looked_at(tmp_path: Path) -> None:
    assert "The test set was looked at once" in html([kept("finished-design/confirm")(tmp_path)])
