"""The site: all pages are in it, and no link of theirs leads nowhere."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_site_is_built() -> None:
    if importlib.util.find_spec("zensical") is None:
        pytest.skip("zensical is not installed: pip install 'ablate-nn[docs]'")
    ended = subprocess.run(
        [sys.executable, ROOT / "docs" / "site.py"], capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    site = ROOT / "build" / "docs" / "site"
    for page in ("index.html", "docs/claims/index.html", "docs/reference/study_file/index.html"):
        assert "ablate" in (site / page).read_text(encoding="utf-8")


def test_every_page_is_in_the_navigation() -> None:
    shown = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    of_results = (ROOT / "studies" / "results").glob("*/README.md")
    paths = [*(ROOT / "docs").rglob("*.md"), *of_results]
    pages = [path.relative_to(ROOT).as_posix() for path in paths]
    assert [page for page in pages if f'"{page}"' not in shown] == []
