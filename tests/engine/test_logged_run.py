"""Runs that are logged: what loggers hear of workers, of kill -9, and what hangs or raises."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.cli import main
from ablate.loggers import LoggedCell
from tests.conftest import PATIENCE

LINES = """\
import json


class Lines:
    def __init__(self, cell):
        self.cell, self.file = cell, (cell.folder / "lines.jsonl").open("a")
        self.write(earlier=[row["epoch"] for row in cell.earlier])

    def __call__(self, row):
        self.write(epoch=row["epoch"])

    def close(self, end):
        self.write(state=end["state"])

    def write(self, **what):
        print(json.dumps({"name": self.cell.name, **what}), file=self.file, flush=True)
"""
NAMES = ["bc depth=10 seed=0", "bc depth=10 seed=1", "plain depth=7 seed=0", "plain depth=7 seed=1"]


class Rows:
    """A maker whose loggers keep what they hear, by the key of the cell."""

    def __init__(self) -> None:
        self.cells: dict[str, LoggedCell] = {}
        self.rows: dict[str, list[Any]] = {}
        self.ends: dict[str, Any] = {}

    def __call__(self, cell: LoggedCell) -> Any:
        self.cells[cell.key], rows, ends = cell, self.rows.setdefault(cell.key, []), self.ends

        class Logger:
            def __call__(self, row: dict[str, Any]) -> None:
                rows.append(row)

            def close(self, end: dict[str, Any]) -> None:
                ends[cell.key] = end

        return Logger()

    def are_those_of(self, folder: Path) -> bool:
        """Whether each cell of a run was told as its curve.csv and its result have it."""
        folders = {path.name: path for path in folder.glob("cells/*")}
        assert self.rows.keys() == folders.keys() == self.ends.keys() != set()
        for key, path in folders.items():
            with (path / "curve.csv").open(encoding="utf-8", newline="") as file:
                curve = list(csv.DictReader(file))
            told = [{n: "" if v is None else str(v) for n, v in r.items()} for r in self.rows[key]]
            result = json.loads((path / "result.json").read_text(encoding="utf-8"))
            assert told == curve and self.ends[key] == {"state": "done", "result": result}
        return True


def test_every_epoch_is_told_once_and_a_finished_run_tells_none(
    tiny_study: Path, tmp_path: Path
) -> None:
    rows, again = Rows(), Rows()
    ablate.run(tiny_study, runs=tmp_path, devices=["cpu"], jobs=2, log=rows)
    assert rows.are_those_of(tmp_path / "tiny")
    assert sorted(cell.name for cell in rows.cells.values()) == NAMES
    (about, *_) = rows.cells.values()
    assert (about.study, about.folder) == ("tiny", tmp_path / "tiny")
    assert about.config["data"]["dataset"] == "digits" and about.config["recipe"]["epochs"] == 2
    assert ablate.run(tiny_study, runs=tmp_path, devices=["cpu"], jobs=2, log=again).is_complete
    assert again.cells == {}


def test_what_is_taken_over_is_told_as_what_is_trained(finished_tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(finished_tiny / "runs" / "tiny", tmp_path / "beside")
    rows = Rows()
    done = ablate.run(
        finished_tiny / "tiny.yaml", runs=tmp_path, devices=["cpu"], jobs=0, log=[rows]
    )
    assert done.trained == 0 and rows.are_those_of(tmp_path / "tiny")


def test_what_is_confirmed_is_told(finished_tiny: Path, tmp_path: Path) -> None:
    folder, rows = shutil.copytree(finished_tiny / "runs" / "tiny", tmp_path / "tiny"), Rows()
    ablate.confirm(folder, "best", seeds=1, devices=["cpu"], jobs=0, log=rows)
    assert rows.are_those_of(folder / "confirm")
    assert {cell.study for cell in rows.cells.values()} == {"tiny-confirm"}


def test_one_that_raises_is_told_and_the_run_goes_on(tiny_study: Path, tmp_path: Path) -> None:
    rows, warned = Rows(), []

    def broken(cell: LoggedCell) -> Any:
        raise ConnectionError("no server")

    def hear(event: dict[str, Any]) -> None:
        if event["kind"] == "warned":
            warned.append((event["label"], event["reason"]))

    options: dict[str, Any] = {"runs": tmp_path, "devices": ["cpu"], "jobs": 0, "on_event": hear}
    assert ablate.run(tiny_study, log=[broken, rows], **options).is_complete
    assert rows.are_those_of(tmp_path / "tiny")
    (first, second) = warned
    assert "ConnectionError: no server; it logs no more of this cell, which goes on" in first[1]
    assert second[1] == "failed for 4 cells"


def lines_of(folder: Path) -> dict[str, dict[str, list[Any]]]:
    """What `Lines` has written: of each cell the values of `earlier`, `epoch` and `state`."""
    told: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    file = folder / "lines.jsonl"
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        name, (what, value) = (found := json.loads(line)).pop("name"), *found.items()
        told[name][what].append(value)
    return told


def test_kill_9_and_resume_tells_no_epoch_twice(tiny_study: Path, tmp_path: Path) -> None:
    (tmp_path / "lines.py").write_text(LINES, encoding="utf-8")
    command = [sys.executable, "-m", "ablate", "run", "tiny.yaml", "--profile", "long"]
    command += ["--jobs", "2", "--log", "lines:Lines"]
    folder = tmp_path / "runs" / "tiny@long"
    killed = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + PATIENCE
    while not any(len(told["epoch"]) > 4 for told in lines_of(folder).values()):
        assert killed.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    told = lines_of(folder)
    assert sorted(told) == NAMES
    assert any(len(found["earlier"]) == 2 for found in told.values()), "none went on"
    for found in told.values():
        epochs, earlier = found["epoch"], found["earlier"][-1]
        assert epochs == sorted(set(epochs)) and found["state"] == ["done"]
        lost = set(range(1, 41)) - set(epochs)  # on their way to it when all was killed
        assert lost <= set(earlier)
        assert earlier == list(range(1, len(earlier) + 1))


# Ends as the command does, with a logger that never does and a library of its that waits for it.
HANGING = """
import threading
from ablate.loggers import telling

def hang(cell):
    threading.Thread(target=threading.Event().wait).start()
    return lambda row: threading.Event().wait()

if __name__ == "__main__":
    import sys
    from ablate.__main__ import main
    telling.SECONDS_TO_END = 0.5
    sys.argv = ["ablate", "run", "tiny.yaml", "--jobs", "0", "--log", "hanging:hang"]
    main()
"""


def test_one_that_hangs_does_not_keep_the_command_from_its_end(
    tiny_study: Path, tmp_path: Path
) -> None:
    (tmp_path / "hanging.py").write_text(HANGING, encoding="utf-8")
    command = [sys.executable, "hanging.py"]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "--log hanging:hang: was not ready within 0.5 s, and is left" in ended.stdout
    assert ended.stdout.endswith("complete: 4 of 4 cells are done, trained 4\n")


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_what_is_no_logger_is_refused_before_anything_is_written(
    option: tuple[str, ...],
    tiny_study: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["run", "tiny.yaml", "--jobs", "1", "--log", "tensorbord", *option])
    assert ended.value.code == 2
    assert "Did you mean `tensorboard`?" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
