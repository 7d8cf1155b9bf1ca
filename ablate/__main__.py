"""The process `ablate`, from before its first import on; `python -m ablate` is the same."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from signal import Signals

from ablate.errors import Stopped
from ablate.machine import hearing_stops_to_the_end


class _Interrupted(BaseException):
    """Told to stop where nobody hears it who has something to end. No library catches it."""


def main() -> None:
    """The command line. A signal to stop ends it with 75, whatever it loads or writes by then."""
    try:
        with hearing_stops_to_the_end(_interrupt):
            from ablate.cli import main as command_line

            command_line()
    except _Interrupted as stop:
        print(f"{stop}; the same command goes on from there", file=sys.stderr)
        sys.exit(Stopped.exit_code)
    except SystemExit as end:
        _leave(end.code)
        raise


def _leave(code: object) -> None:
    """End now where a logger hangs: what it loaded may wait for it, before Python would end."""
    loggers = sys.modules.get("ablate.loggers")
    if loggers is not None and loggers.is_any_left():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):  # whoever read it has gone
                stream.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _interrupt(number: Signals) -> None:
    raise _Interrupted(f"stopped by {number.name}")


if __name__ == "__main__":
    main()
