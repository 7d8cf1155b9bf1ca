"""`ablate dashboard`: Optuna's dashboard of a run, asked as a browser asks it."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from socket import socket
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ablate.cli import main
from tests.conftest import PATIENCE

pytestmark = pytest.mark.skipif(
    not find_spec("optuna_dashboard"), reason="pip install 'ablate-nn[dashboard]'"
)
SEARCH = Path(__file__).parents[1] / "old_runs" / "a7dec5c" / "finished-search"


@contextmanager
def dashboard(folder: Path, stop: signal.Signals) -> Iterator[str]:
    """Its address; it ends with 0, having said nothing else."""
    command = [sys.executable, "-m", "ablate", "dashboard", folder, "--port", "0"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert started.stdout
        line = started.stdout.readline()
        assert line.startswith(f"{folder}: http://127.0.0.1:") and line.endswith(" until Ctrl-C\n")
        yield line.split(": ")[1].split()[0]
        started.send_signal(stop)
        assert (started.communicate(timeout=PATIENCE)[0], started.returncode) == ("", 0)
    finally:
        started.kill()
        started.communicate()


def asked(page: str, method: str = "GET") -> Any:
    """What its server says of the study of a page."""
    with urlopen(Request(page.replace("/dashboard/", "/api/"), method=method)) as answer:
        return json.load(answer)


def attributes(trial: dict[str, Any]) -> dict[str, str]:
    return {each["key"]: each["value"] for each in trial["user_attrs"]}


def test_a_fixed_design_is_shown_and_not_changed(finished_tiny: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(finished_tiny / "runs" / "tiny", tmp_path / "tiny")
    before = (folder / "study.db").read_bytes()
    with dashboard(folder, signal.SIGINT) as page:
        with urlopen(page) as answer:
            assert b"<title>Optuna Dashboard</title>" in answer.read()
        study = asked(page)
        for method in ("DELETE", "POST", "PUT"):
            with pytest.raises(HTTPError, match="Forbidden") as refused:
                asked(page, method)
            refused.value.close()
    assert (study["name"], study["objective_names"]) == ("tiny", ["error"])
    shown = [attributes(trial) for trial in study["trials"]]
    named = {(each["variant"], each["depth"], each["seed"]) for each in shown}
    assert {name[:2] for name in named} == {("plain", "7"), ("bc", "10")} and len(named) == 4
    assert not [name for each in shown for name in each if name in ("owner", "result", "place")]
    assert (folder / "study.db").read_bytes() == before


def test_a_search_has_its_objectives_by_name(tmp_path: Path) -> None:
    folder = shutil.copytree(SEARCH, tmp_path / "search")
    with dashboard(folder, signal.SIGTERM) as page:
        study = asked(page)
    assert study["objective_names"] == ["error", "params"]
    (infeasible,) = (trial for trial in study["trials"] if trial["number"] == 0)
    assert attributes(infeasible)["reason"] == "params: must be <= 5,000, got 12,846"
    assert {"name": "depth", "param_external_value": "10"}.items() <= infeasible["params"][
        0
    ].items()


@pytest.mark.parametrize("missing", [True, False])
def test_what_keeps_it_from_being_shown(
    missing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    folder, taken = shutil.copytree(SEARCH, tmp_path / "search"), socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    port = taken.getsockname()[1]
    message = f"127.0.0.1:{port}: Address already in use; --port 0 takes any that is free\n"
    if missing:
        monkeypatch.setitem(sys.modules, "optuna_dashboard", None)
        what = "optuna_dashboard is not installed: pip install 'ablate-nn[dashboard]'"
        message = f"dashboard: {what}\n"
    with taken, pytest.raises(SystemExit) as ended:
        main(["dashboard", str(folder), "--port", str(port)])
    assert (ended.value.code, capsys.readouterr().err) == (2, message)


def test_what_is_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["dashboard", str(tmp_path)])
    assert ended.value.code == 2 and "is not a run folder" in capsys.readouterr().err
