"""A finished run, and a command called in this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ablate.cli import main
from tests.conftest import TINY_STUDY


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and error output of a command."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`runs/tiny`, finished by the command itself; what it printed lies beside as `output`."""
    import subprocess  # here, so that a module which runs no such study may be `unit`

    home = tmp_path_factory.mktemp("cli")
    (home / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ablate", "run", "tiny.yaml", "--jobs", "2"],
        cwd=home,
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (home / "output").write_text(done.stdout, encoding="utf-8")
    return home / "runs" / "tiny"
