"""The JSON documents of a run folder, read with care for what may have become of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablate.errors import LaterFormat, RunFolderError

FORMAT = 1  # of a run folder; plan.json says it, those of before say none

_DIGEST = "sha256"  # of the rest; documents of before have none


def signed_text(document: Mapping[str, Any]) -> str:
    """A document as it is written: with a digest, by which a changed one is told."""
    return json.dumps({**document, _DIGEST: _digest_of(document)}, indent=1) + "\n"


def _digest_of(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()


def read_document(path: Path, keys: tuple[str, ...], mend: str) -> dict[str, Any]:
    """A JSON map with these keys. Raises RunFolderError, with the mend, for anything else.

    LaterFormat for one of a later version. The digest of a signed one is checked and left out.
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
    if found.pop(_DIGEST, None) not in (None, _digest_of(found)):
        raise RunFolderError(f"{path}: is damaged: it was changed after it was written; {mend}")
    if missing := [key for key in keys if key not in found]:
        raise RunFolderError(f"{path}: is damaged: {', '.join(missing)} missing; {mend}")
    return found
