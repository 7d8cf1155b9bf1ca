"""`ablate schema`: what an editor knows of study files."""

from __future__ import annotations

from ablate.cli.console import print_json


def schema() -> None:
    """The JSON Schema of study files, for editors."""
    from ablate.study import study_schema

    print_json(study_schema())
