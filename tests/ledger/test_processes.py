"""Several processes write to one ledger, and are killed while they do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.ledger import looks
from tests.ledger.conftest import DATA

REPOSITORY = Path(__file__).parents[2]
# Looks at cells of its own, one after the other, and says when each is over.
WRITER = """\
import sys
from pathlib import Path
from ablate.cells import CellFolder
from ablate.ledger import looking
from ablate.records import RunFolder
from tests.ledger.conftest import DATA, MadeUpRecord, planned
CellFolder.loss = lambda self, key: ""
folder, name, number = sys.argv[1:]
record = MadeUpRecord(RunFolder(Path(folder)))
for turn in range(int(number)):
    key = f"{name}-{turn}"
    with looking(record, [planned(key)], DATA):
        record.errors[key] = float(turn)
    print(key, flush=True)
"""


def writing(folder: Path, name: str, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(folder), name, str(number)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


def test_of_several_processes_nothing_is_lost(record: Callable[..., Any]) -> None:
    folder = record("growth").folder
    processes = [writing(folder.path, name, 10) for name in "xyz"]
    assert [process.wait() for process in processes] == [0, 0, 0]
    for process in processes:
        assert process.stdout is not None
        process.stdout.close()
    found = looks(folder, [DATA])
    seen = {key: error for look in found.all for key, error in look.errors.items()}
    assert len(found) == found.networks == 30
    assert seen == {f"{name}-{turn}": float(turn) for name in "xyz" for turn in range(10)}


@pytest.mark.parametrize("after", [1, 2, 5])
def test_killed_at_any_moment_all_that_was_written_is_whole(
    record: Callable[..., Any], after: int
) -> None:
    folder = record("growth").folder
    process = writing(folder.path, "x", 10_000)
    assert process.stdout is not None
    over = [process.stdout.readline().strip() for _ in range(after)]
    process.kill()
    over += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    found = looks(folder, [DATA])
    written = {key for look in found.all for key in look.errors}
    assert set(over) <= written and len(written) <= len(found) <= len(over) + 1
    # And the next goes on: what was begun is told, or begun again as the same look.
    again = writing(folder.path, "x", len(over) + 1)
    again.communicate()
    assert again.returncode == 0
    after_that = looks(folder, [DATA])
    assert after_that.all[: len(over)] == found.all[: len(over)]
