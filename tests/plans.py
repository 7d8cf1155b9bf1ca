"""A small plan.json, for tests of what the record says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ablate.cells import PlannedCell


def write_plan(folder: Path, *cells: PlannedCell) -> None:
    head = {"study": "s", "profile": "", "question": "", "baseline": None, "subject": "digits"}
    text = json.dumps({**head, "sweep_keys": [], "cells": [cell.document() for cell in cells]})
    (folder / "plan.json").write_text(text, encoding="utf-8")


def plan_in(folder: Path) -> dict[str, Any]:
    """A plan.json to be written again with changes: without its digest, as before there was one."""
    found: dict[str, Any] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    del found["sha256"]
    return found
