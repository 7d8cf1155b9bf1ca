"""A small plan.json, for tests of what the record says."""

from __future__ import annotations

import json
from pathlib import Path

from ablate.cells import PlannedCell


def write_plan(folder: Path, *cells: PlannedCell) -> None:
    head = {"study": "s", "profile": "", "question": "", "baseline": None, "subject": "digits"}
    text = json.dumps({**head, "sweep_keys": [], "cells": [cell.document() for cell in cells]})
    (folder / "plan.json").write_text(text, encoding="utf-8")
