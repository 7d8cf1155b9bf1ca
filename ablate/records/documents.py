"""The JSON documents of a run folder, read with care for what may have become of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ablate.errors import LaterFormat, RunFolderError

FORMAT = 1  # of a run folder; plan.json says it, those of before say none


def read_document(path: Path, keys: tuple[str, ...], mend: str) -> dict[str, Any]:
    """A JSON map with these keys. Raises RunFolderError, with the mend, for anything else.

    LaterFormat for one of a later version.
    """
    try:
        found = json.loads(path.read_bytes())
    except IsADirectoryError:
        raise RunFolderError(f"{path}: is a folder, not a file; {mend}") from None
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is one
        raise RunFolderError(f"{path}: is damaged: {error}; {mend}") from None
    if not isinstance(found, dict):
        raise RunFolderError(f"{path}: is damaged: must be a map; {mend}")
    LaterFormat.check(found.get("format"), FORMAT, path)
    if missing := [key for key in keys if key not in found]:
        raise RunFolderError(f"{path}: is damaged: {', '.join(missing)} missing; {mend}")
    return found
