"""`python -m benchmarks.usage OUTPUT COMMAND...`: a command, and what it took.

In a process of its own, which loads nothing: until a child begins, the memory of its parent counts
as its.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main(output: str, *command: str) -> None:
    """Run `command`, what it prints into the file `output`; print its use as JSON."""
    start = time.perf_counter()
    with open(output, "w", encoding="utf-8") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    found = {
        "core_seconds": used.ru_utime + used.ru_stime,  # of all processes that it started, too
        "peak_bytes": used.ru_maxrss * 1024,  # of the largest of them
        "wall_seconds": time.perf_counter() - start,
        "code": process.returncode,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
