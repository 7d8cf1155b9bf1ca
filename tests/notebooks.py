"""Execute the notebooks of examples/ and keep what they show: `python -m tests.notebooks`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient

from tests.conftest import PATIENCE

EXAMPLES = Path(__file__).parents[1] / "examples"


def execute(notebook: nbformat.NotebookNode, folder: Path) -> None:
    """Run every cell in `folder`, where its files go. Raises for a cell that does."""
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = []
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=resources).execute()
    for cell in notebook.cells:
        cell.metadata = {}  # when it was run
        if cell.cell_type == "code":  # tqdm, of Optuna's, warns where ipywidgets are missing
            cell.outputs = [each for each in cell.outputs if "Tqdm" not in each.get("text", "")]


if __name__ == "__main__":
    for path in sorted(EXAMPLES.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with TemporaryDirectory() as folder:
            execute(notebook, Path(folder))
        notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"]}
        nbformat.write(notebook, path)
        print(path, file=sys.stderr)
