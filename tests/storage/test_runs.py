"""Whole runs whose record is on a PostgreSQL server, which several processes work on at once."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import psutil
import pytest

import ablate
from ablate.records import Record, RunFolder
from tests.engine.test_kill import children, start
from tests.storage.postgres import PASSWORD, Postgres

pytestmark = pytest.mark.heavy
PATIENCE = 300.0  # seconds: for a machine that does much else
DESIGN = """\
name: design
data: {dataset: digits, augment: true, limit: 300, hold_out: 200}
recipe: {epochs: 60, schedule: one_cycle, batch_size: 32}
baseline: plain
variants:
  plain: {family: densenet, depth: 10, growth_rate: 6, stem_channels: 4}
  bc: {family: densenet, depth: 16, growth_rate: 6, bottleneck_width: 2, stem_channels: 4}
seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
"""
TRIALS = 24
SEARCH = f"""\
name: search
data: {{dataset: digits, augment: true, limit: 300, hold_out: 200}}
recipe: {{epochs: 60, schedule: one_cycle, batch_size: 32}}
space:
  family: densenet
  depth: {{choice: [7, 10, 13]}}
  growth_rate: {{int: [2, 12], step: 2}}
  stem_channels: 4
  recipe: {{lr: {{float: [0.01, 0.3], log: true}}}}
sampler: {{name: random, seed: 3}}
pruner: {{name: pareto, margin: 0, neighbours: 1}}
objectives: {{error: minimize, params: minimize}}
budget: {{trials: {TRIALS}}}
"""


def test_a_run_with_its_record_on_a_server(
    tiny_study: Path, finished_tiny: Path, postgres: Postgres
) -> None:
    runs = tiny_study.parent / "runs"
    summary = ablate.run(tiny_study, runs=runs, storage=postgres.url, jobs=0, devices=["cpu"])
    assert summary.is_complete and summary.trained == 4
    again = ablate.run(tiny_study, runs=runs, jobs=0, devices=["cpu"])  # the folder knows where
    assert again.is_complete and again.trained == 0
    pd.testing.assert_frame_equal(table(summary.folder), table(finished_tiny / "runs" / "tiny"))
    assert (
        ablate.compare(summary.folder).answer
        == ablate.compare(finished_tiny / "runs" / "tiny").answer
    )
    assert not (summary.folder / "study.db").exists()
    for path in runs.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()
    rebuilt = ablate.rebuild(summary.folder)
    assert rebuilt.done == 4 and rebuilt.kept[0].startswith("tiny.1 at postgresql+psycopg://")
    pd.testing.assert_frame_equal(table(summary.folder), table(finished_tiny / "runs" / "tiny"))


def table(folder: Path) -> pd.DataFrame:
    """What does not differ from run to run."""
    dropped = ["train_seconds", "shared_by", "attempts"]
    return ablate.results(folder).drop(columns=dropped)


def wait_for_cells(folder: Path, number: int) -> None:
    """Until so many are done."""
    deadline = time.monotonic() + PATIENCE
    while len(list(folder.glob("cells/*/result.json"))) < number:
        assert time.monotonic() < deadline, "too few cells are done"
        time.sleep(0.05)


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes of a run that train."""
    return [p for p in children(process.pid) if "--multiprocessing-fork" in p.cmdline()]


def stop_in_a_claim(postgres: Postgres) -> None:
    """End the server as if it crashed, while somebody holds a lock of ours."""
    import psycopg

    asked = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    deadline = time.monotonic() + PATIENCE
    where = {"host": "127.0.0.1", "port": postgres.port, "user": "ablate", "dbname": "postgres"}
    with psycopg.connect(**where, autocommit=True) as connection:
        while not (row := connection.execute(asked).fetchone()) or not row[0]:
            assert time.monotonic() < deadline, "nobody claims"
    postgres.stop()


@pytest.mark.slow
@pytest.mark.parametrize(("text", "name"), [(DESIGN, "design"), (SEARCH, "search")])
def test_two_coordinators_and_what_befalls_them(
    text: str, name: str, tmp_path: Path, postgres: Postgres
) -> None:
    study, runs = tmp_path / f"{name}.yaml", tmp_path / "runs"
    study.write_text(text, encoding="utf-8")
    how = ("--jobs", "4", "--storage", postgres.url)
    both = [start(study, runs, *how) for _ in range(2)]
    wait_for_cells(runs / name, 2)
    for worker in workers(both[0])[:2]:
        worker.kill()
    stop_in_a_claim(postgres)
    time.sleep(3)
    postgres.start()
    done = len(list((runs / name).glob("cells/*/result.json")))
    assert done < TRIALS - 4, "there is too little left to do to disturb"
    wait_for_cells(runs / name, done + 2)
    os.kill(both[1].pid, signal.SIGKILL)
    outputs = [process.communicate(timeout=PATIENCE)[0] for process in both]
    assert both[0].returncode == 0, outputs[0]
    assert "Traceback" not in outputs[0]

    attempts = Record.open(RunFolder(runs / name)).attempts_in_order()
    ended = [each for each in attempts if each.state in ("complete", "pruned") and not each.free]
    assert len(ended) == TRIALS and max(Counter(each.key for each in ended).values()) == 1
    assert not [each for each in attempts if each.is_open]
    alone = start(study, tmp_path / "alone", "--jobs", "2")
    output, _ = alone.communicate()
    assert alone.returncode == 0, output
    found, expected = table(runs / name), table(tmp_path / "alone" / name)
    if name == "design":
        pd.testing.assert_frame_equal(found, expected)
        return
    # Which cells of a search are stopped hangs on what others had reached by then.
    whole = (found["state"] == "done") & (expected["state"] == "done")
    assert whole.sum() > 0
    pd.testing.assert_frame_equal(found[whole], expected[whole])
