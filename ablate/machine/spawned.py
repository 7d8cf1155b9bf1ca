"""Scripts that start processes, seen from the processes they start."""

from __future__ import annotations

import multiprocessing

EXIT_UNGUARDED = 78
UNGUARDED = (
    "a script that calls ablate.run or ablate.confirm needs them under "
    '`if __name__ == "__main__":`, as every worker imports the script'
)


def leave_if_unguarded() -> None:
    """End this process if it is a worker in the making that has come to its script's own call.

    Quietly: who started it knows EXIT_UNGUARDED and says UNGUARDED, once for all workers.
    """
    # multiprocessing's own mark, by which it refuses to start processes from here.
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SystemExit(EXIT_UNGUARDED)
