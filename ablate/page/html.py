"""What is told of runs -> HTML: one file, which loads nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from shlex import join
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ablate import __version__
from ablate.errors import AblateError
from ablate.figures import Drawn
from ablate.page.chart import chart_script, frontier_chart
from ablate.page.told import Told, sentence

_TEMPLATES = Path(__file__).parent / "templates"
# Figures are set in a font that comes with matplotlib, and few readers have.
_FONT, _FALLBACK = "'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif"
_PIXELS = re.compile(r'width="([\d.]+)pt" height="([\d.]+)pt"')
_LARGER = 1.7  # than in print, where a screen has room


@dataclass(frozen=True)
class Picture:
    """A figure of a run as a page shows it, or why it does not."""

    run: str  # its name
    name: str
    source: str = ""  # a data URL, in which no script runs
    width: int = 0  # pixels
    height: int = 0
    told: str = ""
    caption: str = ""
    missing: str = ""
    chart: Mapping[str, Any] | None = None  # the same, as a Vega-Lite document
    on_paper: bool = False  # on white though the page is dark, as colours are what it tells by

    @classmethod
    def of(cls, told: Told, name: str, drawn: Drawn | AblateError) -> Picture:
        run = told.name
        if isinstance(drawn, AblateError):  # the page can be sent away, and the folder moved
            why = str(drawn).replace(str(told.folder), str(told.place))
            return cls(run, name, missing=sentence(why))
        svg = drawn.svg().replace(_FONT, _FALLBACK)
        size = _PIXELS.search(svg)
        width, height = (round(_LARGER * float(each)) for each in size.groups()) if size else (0, 0)
        source = f"data:image/svg+xml,{quote(svg, safe=_SAFE)}"
        chart = frontier_chart(told) if name == "frontier" else None
        return cls(
            run=run,
            name=name,
            source=source,
            width=width,
            height=height,
            told=drawn.told,
            caption=drawn.caption,
            chart=chart,
            on_paper=drawn.has_colour_scale,
        )


# What a data URL in double quotes may hold as it is: the file is a third smaller for it.
_SAFE = " !$'()*+,-./:;=?@[]^_`{|}~<>"
MOST_LABELS = 6  # cells that are named of those that failed alike


def html(runs: Sequence[Told]) -> str:
    """Runs -> the page; several stand beside each other."""
    scripts = [_read("page.js")]
    pictures = [_pictures(told) for told in runs]
    if any(picture.chart for of_run in pictures for picture in of_run.values()):
        scripts += [chart_script(), _read("chart.js")]
    names = dict.fromkeys(name for of_run in pictures for name in of_run)
    return (
        _environment()
        .get_template("page.html")
        .render(
            runs=list(zip(runs, pictures, strict=True)),
            # Of several runs a figure stands beside those of the others.
            beside={name: [of[name] for of in pictures if name in of] for name in names},
            commands=commands,
            most_labels=MOST_LABELS,
            style=_read("page.css"),
            scripts=scripts,
            policy=_policy(scripts),
            version=__version__,
            written=datetime.now(UTC).replace(second=0, microsecond=0),
        )
    )


def commands(told: Told) -> list[tuple[str, str]]:
    """What each command is for -> what to type, from the folder that `told.place` is in."""
    place = str(told.place)
    lines = [
        ("train what is missing", _training(told)),
        ("how far it is, what failed and why", ["status", place]),
        ("the answer and its table", ["compare", place]),
        ("the figures, as files", ["plot", place]),
        ("this page", ["report", place]),
    ]
    if told.done and told.results.cells["split"].eq("validation").any():
        lines.append(("a network to take elsewhere", ["export", place, "best"]))
    return [(what, join(["ablate", *words])) for what, words in lines]


def _training(told: Told) -> list[str]:
    """The command that goes on with a run, by the study file that is in its folder."""
    place = told.place
    if told.run.folder.confirms:
        return ["confirm", str(place.parent)]
    beside = [] if str(place.parent) == "runs" else ["--runs", str(place.parent)]
    return ["run", str(place / "study.yaml"), "--as", place.name, *beside]


def _pictures(told: Told) -> dict[str, Picture]:
    return {name: Picture.of(told, name, drawn) for name, drawn in told.drawings.items()}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["anchor"] = _anchor
    return made


def _anchor(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name)


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _policy(scripts: Iterable[str]) -> str:
    """What a browser lets the page do: these scripts run and no others, and nothing is loaded."""
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
