"""What a path may go on as, for shells that complete it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def paths(begun: str, endings: Collection[str] = ()) -> list[str]:
    """Files of these endings, then folders, whose path begins so; hidden ones if that is asked."""
    folder, _, name = begun.rpartition("/")
    above = Path(f"{folder}/") if "/" in begun else Path()
    try:
        found = sorted(path for path in above.iterdir() if path.name.startswith(name))
    except OSError:
        return []
    seen = [path for path in found if name.startswith(".") or not path.name.startswith(".")]
    files = [str(path) for path in seen if path.suffix in endings and not path.is_dir()]
    return [*files, *(f"{path}/" for path in seen if path.is_dir())]
