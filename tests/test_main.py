"""The process `ablate`, told to stop before, in and after its verb."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from ablate.machine import STOP_SIGNALS

VERB = """
import atexit, os, signal, sys
import ablate.cli
from ablate.__main__ import main
from ablate.machine import hearing_stops

def tell():
    os.kill(os.getpid(), signal.{name})

def verb():
    {verb}

ablate.cli.main = verb
main()
"""
VERBS = {
    "told once": ("tell()", 75, True),
    "at its end": ("atexit.register(tell)", 0, False),
    "while it ends": ("atexit.register(tell); tell()", 75, True),
    "twice": ("with hearing_stops(lambda number: None): tell()\n    tell(); sys.exit(3)", 3, False),
}


@pytest.mark.parametrize("number", STOP_SIGNALS)
@pytest.mark.parametrize("when", VERBS)
def test_a_signal_is_heard_once_and_nothing_dies_of_it(when: str, number: signal.Signals) -> None:
    verb, code, is_told = VERBS[when]
    command = [sys.executable, "-c", VERB.format(name=number.name, verb=verb)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    told = f"stopped by {number.name}; the same command goes on from there\n" if is_told else ""
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", told)
