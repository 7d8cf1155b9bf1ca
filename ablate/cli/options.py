"""Arguments and options that several verbs take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyFile = Annotated[Path, typer.Argument(metavar="STUDY", help="A study file.")]
Folder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, e.g. runs/quickstart.")]
Profile = Annotated[str, typer.Option("--profile", help="A profile of the study file.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a dotted key.")
]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data", help="Folder with the datasets; else ABLATE_DATA, else the user's."),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        min=0,
        max=1024,
        help="Cells at a time; else one per GPU, or per CPU core. 0: in this very process.",
    ),
]
Devices = Annotated[
    str | None, typer.Option("--devices", help="Comma-separated, e.g. cuda:0,cuda:1 or cpu.")
]
PerDevice = Annotated[
    str | None,
    typer.Option(
        "--per-device",
        metavar="N|auto",
        help="Cells that share a GPU; auto: as many as fit into 85% of its memory.",
    ),
]
Determinism = Annotated[
    str, typer.Option("--determinism", help="fast, or strict: bitwise on GPUs.")
]
ChannelsLast = Annotated[
    bool, typer.Option("--channels-last/--no-channels-last", help="Memory format of images.")
]
Memory = Annotated[
    str,
    typer.Option("--memory", help="fast, efficient, or auto: efficient where fast would not fit."),
]
Capture = Annotated[
    bool, typer.Option("--capture/--no-capture", help="On CUDA GPUs a step is one graph.")
]
Compile = Annotated[
    bool, typer.Option("--compile", help="torch.compile: minutes for each cell, for long ones.")
]
Loaders = Annotated[
    int | None,
    typer.Option(
        "--loaders",
        min=0,
        help="Processes that read a cell's images from files; else its share of the cores, on a "
        "CPU 0.",
    ),
]
CellTimeout = Annotated[
    float | None, typer.Option("--cell-timeout", metavar="SECONDS", help="Limit for a cell.")
]
Retry = Annotated[
    list[str] | None, typer.Option("--retry", help="Again: oom, diverged or timeout.")
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="CONDITION", help="Choose among these only: 'params <= 0.5M and ...'."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
