"""What a scheduler is to start: how many times which command, and what each of them gets."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ablate.errors import UsageError
from ablate.storage import checked


@dataclass(frozen=True)
class Workers:
    """A number of times `ablate run` of one study.

    Raises UsageError for a study or an option that cannot be written on one line, and for a
    database's address with a password in it, which the script would show.
    """

    title: str  # of the study: letters, digits and -_@.
    folder: str  # the run folder, which all share
    study: str  # path of its file
    options: tuple[str, ...] = ()  # of `ablate run`, as they were given
    given: Mapping[str, Any] = field(default_factory=dict)  # what they say, by parameter
    number: int = 4
    at_once: int | None = None  # of them at a time; else all
    gpus: int = 1  # of each; 0: it trains on CPU cores
    cpus: int = 4  # of each

    def __post_init__(self) -> None:
        if self.storage is not None:
            checked(self.storage)
        for word in self.command:
            if re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", word):
                raise UsageError(f"a script holds no such text on one line: {word!r}")

    @property
    def command(self) -> tuple[str, ...]:
        return ("ablate", "run", self.study, *self.options)

    @property
    def shown(self) -> str:
        """The command as a shell takes it."""
        return shlex.join(self.command)

    @property
    def on_cores(self) -> dict[str, str]:
        """Options by which cells train on the cores of a job, where nothing else was asked for.

        A job may see every core of its machine, and GPUs that are not its own.
        """
        if self.gpus:
            return {}
        options = {"devices": "cpu", "jobs": str(self.cpus)}
        return {f"--{n}": value for n, value in options.items() if self.given.get(n) is None}

    @property
    def storage(self) -> str | None:
        """The database that keeps the record; None: a file in the run folder."""
        storage: str | None = self.given.get("storage")
        return storage
