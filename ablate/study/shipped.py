"""Studies that come with the package: known by name wherever one is, `ablate run quickstart`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ablate.errors import UsageError
from ablate.text import nearest

_PACKAGE = Path(__file__).parents[1]
TEMPLATE = _PACKAGE / "study" / "template.yaml"


@cache
def shipped_studies() -> dict[str, Path]:
    """Name -> file. A wheel has them in the package, a checkout beside it."""
    inside = _PACKAGE / "_share" / "studies"
    folder = inside if inside.is_dir() else _PACKAGE.parent / "studies"
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def study_file(source: str | Path) -> Path:
    """What was named as a study -> its file: one that lies there, or one of those that come along.

    Raises UsageError for a bare name that is neither.
    """
    path = Path(source)
    if path.suffix or len(path.parts) != 1 or path.is_file():
        return path
    if found := shipped_studies().get(path.name):
        return found
    if path.exists():
        return path
    raise UsageError(
        f"{path}: no such file, and no study of this name comes with ablate"
        f"{nearest(path.name, shipped_studies())}"
    )


def template(name: str) -> str:
    """A commented study to start from, called `name`."""
    return TEMPLATE.read_text(encoding="utf-8").replace("NAME", name)
