"""Builds the site of README, docs/ and the results: `python docs/site.py`, into build/docs/site.

Pages link to each other, to studies and to figures as they lie in the repository, so they are laid
out in the same way before they are built; a link that leads nowhere ends it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "build" / "docs" / "pages"
FOLDERS = ("docs", "studies", "search_spaces", "benchmarks", "examples")
ENDINGS = (".md", ".yaml", ".png", ".svg", ".csv", ".txt", ".ipynb")
FILES = ("CHANGELOG.md", "CITATION.cff", "LICENSE")


def gather() -> None:
    """Lays the pages out, and what they link to; README is the first."""
    shutil.rmtree(PAGES, ignore_errors=True)
    inside = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    for path in (*inside, *(ROOT / name for name in FILES)):
        if path.is_file() and (path.suffix in ENDINGS or path.name in FILES):
            target = PAGES / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copy(ROOT / "README.md", PAGES / "index.md")


def build() -> int:
    """Builds them; the exit status, 0 if all links lead somewhere."""
    gather()
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(build())
