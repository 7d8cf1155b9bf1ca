"""How the process ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from ablate import engine
from tests.cli.conftest import call


def test_an_interrupt_before_training_is_exit_75(
    tiny_study: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(engine, "plan", interrupted)
    code, _, err = call(capsys, "run", tiny_study, "--runs", tmp_path / "runs")
    assert (code, err) == (75, "stopped by SIGINT; the same command goes on from there\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_before_training_is_exit_75(
    tiny_study: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
) -> None:
    def signalled(*arguments: object, **options: object) -> None:
        os.kill(os.getpid(), number)

    monkeypatch.setattr(engine, "plan", signalled)
    before = signal.getsignal(number)
    code, _, err = call(capsys, "run", tiny_study)
    assert (code, err) == (75, f"stopped by {number.name}; the same command goes on from there\n")
    assert signal.getsignal(number) == before


def test_a_place_that_cannot_be_written_is_exit_5(
    tiny_study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = call(capsys, "run", tiny_study, "--runs", tmp_path / "file" / "runs")
    assert code == 5
    assert "Not a directory" in err and "Traceback" not in err
