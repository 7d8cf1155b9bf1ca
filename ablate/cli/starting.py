"""`ablate init`, `schema`, `doctor`: what is of use before the first run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.console import console, print_json
from ablate.cli.options import DataRoot, Json, Profile, Runs, Sets, studies
from ablate.errors import MachineError, UsageError

SCHEMA = "study.schema.json"


def init(
    name: Annotated[str, typer.Argument(help="Of the study: NAME.yaml, here.")] = "study",
    force: Annotated[bool, typer.Option("--force", help="Also where that file is there.")] = False,
) -> None:
    """A commented study file to start from, and the schema by which editors complete it."""
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


def schema() -> None:
    """The JSON Schema of study files, for editors."""
    from ablate.study import study_schema

    print_json(study_schema())


def doctor(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="Whose images count.", autocompletion=studies),
    ] = None,
    profile: Profile = "",
    sets: Sets = None,
    runs: Runs = Path("runs"),
    data: DataRoot = None,
    as_json: Json = False,
) -> None:
    """What is wrong with this machine, and the mend: torch, devices, folders, limits, images."""
    from ablate.health import Examination, examine
    from ablate.study import load_study

    checked = load_study(study, profile=profile, sets=sets or []) if study else None
    checks = []
    for check in examine(checked, runs=runs, data=data):
        checks.append(check)
        if not as_json:
            console().print(str(check))
    found = Examination(tuple(checks))
    if as_json:
        print_json(found.document())
    if found.state == "error":
        raise typer.Exit(MachineError.exit_code)
