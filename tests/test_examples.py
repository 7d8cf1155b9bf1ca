"""The examples run, and what is kept of their output is what they print, numbers apart."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.notebooks import execute

EXAMPLES = Path(__file__).parents[1] / "examples"
NUMBER = re.compile(r"-?\d[\d.,]*(e[+-]\d+)?")  # errors differ with machines and versions of torch


def words(text: str) -> list[str]:
    return NUMBER.sub("#", text).split()


def test_the_script(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLES / "growth_or_depth.py", "runs"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    kept = (EXAMPLES / "growth_or_depth.txt").read_text(encoding="utf-8")
    assert words(done.stdout) == words(kept)


def printed(notebook: nbformat.NotebookNode) -> list[list[str]]:
    """By cell, the text of its output; of tables that without tags. Warnings are left out."""
    outputs = [cell.get("outputs", []) for cell in notebook.cells]
    return [
        [
            word
            for output in cell
            if output.get("name") != "stderr"
            for word in words(output.get("text") or output["data"]["text/plain"])
        ]
        for cell in outputs
    ]


def test_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    kept = nbformat.read(EXAMPLES / "compression.ipynb", as_version=4)
    notebook = nbformat.read(EXAMPLES / "compression.ipynb", as_version=4)
    execute(notebook, tmp_path)
    assert printed(notebook) == printed(kept)
    assert sum(map(bool, printed(kept))) >= 6  # it shows something
