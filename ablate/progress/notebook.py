"""A run while it goes on, in a notebook: one output that changes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ablate.progress.lines import Lines

if TYPE_CHECKING:
    from ablate.records import Plan

PAUSE = 0.25  # seconds between two pictures, at least


def is_notebook() -> bool:
    """Whether a kernel runs this process: of Jupyter, an editor, or Colab."""
    loaded = sys.modules.get("IPython")
    shell = loaded.get_ipython() if loaded else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def watched(plan: Plan, path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """A function for the events of a run, which a notebook shows; anywhere else it does nothing."""
    if not is_notebook():
        yield lambda event: None
        return
    import IPython.display

    lines, display = Lines.of(plan, path), cast(Any, IPython.display.display)
    handle, last = display(lines, display_id=True), time.monotonic()

    def show(event: dict[str, Any]) -> None:
        nonlocal last
        if lines.hear(event) or time.monotonic() - last > PAUSE:
            handle.update(lines)
            last = time.monotonic()

    try:
        yield show
    finally:
        lines.workers.clear()
        handle.update(lines)
