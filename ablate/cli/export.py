"""`ablate export`: a trained network as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.console import complain
from ablate.cli.options import Folder, Where


def export(
    folder: Folder,
    which: Annotated[
        str, typer.Argument(metavar="WHICH", help="best, knee, a variant, trial-N, or a key.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to make; else exports/<run>-<which>.")
    ] = None,
    where: Where = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="An ONNX file too, checked.")] = False,
    program: Annotated[
        bool, typer.Option("--program", help="A torch.export program too, which needs no ablate.")
    ] = False,
    torchvision: Annotated[
        bool, typer.Option("--torchvision", help="The weights for torchvision's network too.")
    ] = False,
) -> None:
    """A trained network as a folder: architecture, weights, card; checked by loading it back."""
    from ablate.exporting import export as write_export
    from ablate.exporting import taken

    # Not on standard output: a script reads the folder there.
    cell = taken(folder, which, where=where or [])
    complain(cell.line)
    print(write_export(cell, out=out, onnx=onnx, program=program, torchvision=torchvision))
