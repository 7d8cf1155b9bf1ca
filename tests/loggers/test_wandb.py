"""W&B without its server: what its files say, and a cell that goes on after kill -9."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from ablate.loggers.cell import shortened
from tests.loggers.wandb_files import records

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not find_spec("wandb"), reason="pip install 'ablate-nn[wandb]'"),
]
# A process that logs epochs of a cell, after those that it had before, and is then killed or not.
PROGRAM = """
import os, signal, sys
from pathlib import Path
from ablate.loggers import LoggedCell, named_loggers
about = dict(study="tiny@long", variant="bc", sweep={"depth": 10}, point="bc depth=10", seed=3,
             key="0123456789abcdef")
config = {"architecture": {"family": "densenet"}, "recipe": {"epochs": 3}, **about}
row = lambda epoch: {"epoch": epoch, "train_loss": 1 / epoch, "error": None, "lr": 0.1}
((_, maker),) = named_loggers("wandb")
first, last = int(sys.argv[1]), int(sys.argv[2])
logger = maker(LoggedCell(**about, folder=Path.cwd(), config=config,
                          earlier=[row(n) for n in range(1, first)]))
for epoch in range(first, last + 1):
    logger(row(epoch))
if sys.argv[3] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
result = {"error": 25.0, "loss": 0.5, "train_seconds": 6.0, "key": "0"}
logger.close({"state": sys.argv[3], **({"result": result} if sys.argv[3] == "done" else {})})
"""


def log(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    (folder / "runs").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        cwd=folder / "runs",
        env=environment(folder) | {"WANDB_MODE": "offline"},
        capture_output=True,
        text=True,
        check=False,
    )


def environment(folder: Path) -> dict[str, str]:
    """With a secret, and nothing of W&B's that the user has."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
    return kept | {"HOME": str(folder), "WANDB_API_KEY": "s3cret" * 10}


def last_of(folder: Path) -> list[Any]:
    files = (folder / "runs" / "logs" / "wandb").glob("offline-run-*/*.wandb")
    return records(max(files, key=lambda path: path.stat().st_mtime_ns))


def test_a_cell_that_goes_on_is_whole_in_the_last_file(tmp_path: Path) -> None:
    assert log(tmp_path, 1, 2, "killed").returncode == -9
    done = log(tmp_path, 3, 3, "done")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    names = [path.name for path in tmp_path.glob("runs/logs/wandb/offline-run-*")]
    ids = {name.split("-", 3)[-1] for name in names}
    assert len(ids) == 1 and ids.pop().startswith("0123456789abcdef-")
    found = last_of(tmp_path)
    run = next(each.run for each in found if each.HasField("run"))
    config = {each.key: json.loads(each.value_json) for each in run.config.update}
    assert (run.project, run.run_group, run.job_type) == ("tiny@long", "bc depth=10", "train")
    assert run.display_name == "bc depth=10 seed=3"
    assert config["recipe"] == {"epochs": 3} and config["sweep"] == {"depth": 10}
    histories = [each.history for each in found if each.HasField("history")]
    assert [each.step.num for each in histories] == [1, 2, 3]
    told = {".".join(item.nested_key) or item.key for item in histories[0].item}
    assert {"epoch", "train_loss", "lr"} <= told and "error" not in told  # it was not looked at
    summaries = [each.summary.update for each in found if each.HasField("summary")]
    summary = {item.key: item.value_json for each in summaries for item in each if item.key}
    assert (summary["state"], summary["error"]) == ('"done"', "25.0")
    assert [each.exit.exit_code for each in found if each.HasField("exit")] == [0]


def test_nothing_that_is_written_has_a_secret(tmp_path: Path) -> None:
    assert log(tmp_path, 1, 1, "failed").returncode == 0
    assert [each.exit.exit_code for each in last_of(tmp_path) if each.HasField("exit")] == [1]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    assert not [path for path in files if b"s3cret" in path.read_bytes()]


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (None, "--log wandb: has no API key: `wandb login`, or WANDB_MODE=offline"),
        ("short", "--log wandb: "),
    ],
)
def test_without_a_key_that_could_be_one_nothing_begins(
    key: str | None, message: str, tmp_path: Path
) -> None:
    changed = {"WANDB_API_KEY": key} if key else {}
    without = {n: v for n, v in environment(tmp_path).items() if n != "WANDB_API_KEY"}
    code = "from ablate.loggers import named_loggers; named_loggers('wandb')"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=without | changed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"UsageError: {message}" in ended.stderr.splitlines()[-1]


def test_names_are_no_longer_than_it_takes() -> None:
    long = [f"#7 {'growth_rate=12 ' * 20}depth={depth}" for depth in (10, 16)]
    assert shortened("bc depth=10", 128) == "bc depth=10"
    short = {shortened(name, 128) for name in long}
    assert len(short) == 2 and {len(name.encode()) for name in short} == {128}
    assert len(shortened("é" * 100, 128).encode()) <= 128
