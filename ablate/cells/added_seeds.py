"""What is said of seeds that were added after results could be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def added_seeds_note(extensions: Sequence[Mapping[str, Any]]) -> str:
    """The extensions of a run -> when seeds were added, and what was done by then.

    Empty where none were. Who looks, adds seeds and looks again until something shows makes more
    false claims than intervals say, which are those of a number fixed before.
    """
    steps = []
    for each in extensions:
        cells = "1 cell was" if each["done"] == 1 else f"{each['done']} cells were"
        done = f"{cells} done{' in other runs' if each['elsewhere'] else ''}"
        numbers = " to ".join(str(len(each[name])) for name in ("before", "after"))
        steps.append(f"{numbers} on {each['when'][:10]} ({done})")
    what = "seeds were added when results could be seen: "
    return f"{what}{', '.join(steps)}" if steps else ""
