"""`ablate init`: a study to start from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.console import console

SCHEMA = "study.schema.json"


def init(
    name: Annotated[str, typer.Argument(help="Of the study: NAME.yaml, here.")] = "study",
    force: Annotated[bool, typer.Option("--force", help="Also where that file is there.")] = False,
) -> None:
    """A commented study file to start from, and the schema by which editors complete it."""
    from ablate.errors import UsageError
    from ablate.machine import write_text
    from ablate.study import study_schema, template
    from ablate.text import NAME_RULE, is_name

    name = name.removesuffix(".yaml")
    if not is_name(name):
        raise UsageError(f"init: a study's name {NAME_RULE}, got `{name}`")
    file = Path(f"{name}.yaml")
    if file.exists() and not force:
        raise UsageError(f"{file}: is there already; --force writes over it")
    write_text(file, template(name))
    write_text(Path(SCHEMA), json.dumps(study_schema(), indent=1) + "\n")
    console().print(f"{file}, {SCHEMA}; next: ablate plan {file}", soft_wrap=True)
