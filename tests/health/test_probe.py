"""`ablate doctor` as a command, on this machine and with a torch that is broken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ablate.health.torches import probed

BROKEN = {
    "raises": "raise OSError('libcudart.so.99: cannot open shared object file')",
    "dies": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
}


def doctor(home: Path, *arguments: str, path: Path | None = None) -> tuple[int, dict[str, Any]]:
    """Exit code, and each check by name; `path` is looked through before what is installed."""
    ours = [str(path)] if path else []
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([*ours, *sys.path]),
        "ABLATE_DATA": str(home / "data"),
    }
    command = [sys.executable, "-m", "ablate", "doctor", *arguments, "--json"]
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.returncode, {each["name"]: each for each in json.loads(done.stdout)["checks"]}


def test_this_machine(tmp_path: Path) -> None:
    code, checks = doctor(tmp_path, "quickstart")
    assert code == 0
    assert checks["torch"]["state"] == checks["torchvision"]["state"] == "ok"
    assert checks["images"]["message"].startswith("digits: 1,437 to train on, 360 to test")
    assert list(tmp_path.iterdir()) == []  # nothing was made


def test_missing_images_are_told_with_the_ways_to_get_them(tmp_path: Path) -> None:
    code, checks = doctor(tmp_path, "c10_variants")
    assert code == 5 and checks["images"]["state"] == "error"
    assert (
        "cifar10 was not found" in checks["images"]["message"]
        and "--data" in checks["images"]["mend"]
    )


@pytest.mark.parametrize(("how", "said"), [("raises", "libcudart.so.99"), ("dies", "SIGSEGV")])
def test_without_a_torch_that_can_be_imported(tmp_path: Path, how: str, said: str) -> None:
    (tmp_path / "broken" / "torch").mkdir(parents=True)
    (tmp_path / "broken" / "torch" / "__init__.py").write_text(BROKEN[how], encoding="utf-8")
    code, checks = doctor(tmp_path, "quickstart", path=tmp_path / "broken")
    assert code == 5 and checks["torch"]["state"] == "error"
    assert said in checks["torch"]["message"] and checks["torch"]["mend"]
    assert checks["images"]["state"] == "warning"  # could not be looked for
    assert {"packages", "runs", "open files"} <= checks.keys()  # the rest is looked at all the same


def test_a_torch_that_never_answers(tmp_path: Path) -> None:
    (told,) = probed(seconds=0.01)
    assert told["error"] == "no answer in 0.01 s"
