"""Names of loggers -> what makes one for each cell."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from ablate.errors import UsageError
from ablate.loggers.cell import Maker, Makers
from ablate.plugins import NoSuchCode, entry_points, find_code, is_code
from ablate.text import near_miss, show

GROUP = "ablate.loggers"  # of entry points
# The module that makes them, which loads the package of the extra of the same name.
BUILT_IN = {name: f"ablate.loggers.to_{name}" for name in ("tensorboard", "wandb")}


def named_loggers(given: Makers) -> list[tuple[str, Maker]]:
    """What a verb is given -> each by its name, once. Raises UsageError as `find_logger`."""
    each = [given] if isinstance(given, str) or callable(given) else given
    return [_named(one) for one in dict.fromkeys(each)]


def _named(one: str | Maker) -> tuple[str, Maker]:
    if isinstance(one, str):
        return one, find_logger(one)
    if not callable(one):
        raise UsageError(f"log: must be a name, or what makes a logger of a cell, got {show(one)}")
    return getattr(one, "__qualname__", type(one).__qualname__), one


def find_logger(name: str) -> Maker:
    """`tensorboard`, `wandb`, an entry point of the group `ablate.loggers`, or `MODULE:NAME`.

    A MODULE is a file beside the study or in the current folder, or of an installed package. Raises
    UsageError for what is none, or lacks its package.
    """
    if name in BUILT_IN:
        try:
            maker: Maker = import_module(BUILT_IN[name]).maker()
        except ImportError as error:
            mend = f"pip install 'ablate-nn[{name}]'"
            raise UsageError(
                f"--log {name}: {error.name or error} is not installed: {mend}"
            ) from error
        return maker
    names = [*BUILT_IN, *entry_points(GROUP)]
    if not is_code(name) and name not in names:
        hint = near_miss(name, names) or f"; there are {', '.join(names)}, and MODULE:NAME"
        raise UsageError(f"--log: no logger is called {show(name)}{hint}")
    try:
        return find_code(name, GROUP, "logger", also=Path.cwd()).make
    except NoSuchCode as error:
        raise UsageError(f"--log: {error}") from error
