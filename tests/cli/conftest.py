"""A finished run, and a command called in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.cli import main


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Exit code, output and error output of a command."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return int(caught.value.code or 0), out, err


@pytest.fixture(scope="session")
def finished(finished_by_two: Path) -> Path:
    """`runs/tiny`; `tiny.yaml` and `output` lie in the folder above `runs`."""
    return finished_by_two / "runs" / "tiny"
