"""What stands around several verbs: signals, and values that an option may have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer

from ablate.errors import Stopped


@contextmanager
def resumable() -> Iterator[None]:
    """A signal ends what is decorated with exit code 75, also while it still plans or draws."""
    try:
        yield
    except (Stopped, KeyboardInterrupt) as stop:
        how = str(stop) or "stopped by SIGINT"
        raise Stopped(f"{how}; the same command goes on from there") from None


def one_of(option: str, value: str, valid: tuple[str, ...]) -> Any:
    """The value, if it is valid. Raises typer's BadParameter."""
    if value not in valid:
        raise typer.BadParameter(
            f"must be one of {', '.join(valid)}, got {value!r}", param_hint=option
        )
    return value
