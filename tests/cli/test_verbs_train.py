"""What the options of run and confirm become."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ablate import engine
from ablate.cli import main
from ablate.errors import UsageError
from ablate.training import Execution


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Execution]:
    """How the cells of a command were to be executed; nothing trains."""
    found: list[Execution] = []

    def stop(*arguments: Any, execution: Execution, **settings: Any) -> None:
        found.append(execution)
        raise UsageError("seen enough")

    monkeypatch.setattr(engine, "run", stop)
    return found


OPTIONS: list[tuple[list[str], Execution]] = [
    ([], Execution()),
    (["--capture"], Execution()),
    (["--no-capture"], Execution(capture="off")),
    (["--compile"], Execution(compile=True)),
    (["--memory", "efficient"], Execution(memory="efficient")),
    (["--no-channels-last"], Execution(channels_last=False)),
    (["--determinism", "strict"], Execution(determinism="strict")),
    (["--cell-timeout", "3.5"], Execution(time_limit=3.5)),
]


@pytest.mark.parametrize(("options", "execution"), OPTIONS)
def test_options_are_how_cells_are_executed(
    tiny_study: Path, asked: list[Execution], options: list[str], execution: Execution
) -> None:
    with pytest.raises(SystemExit):
        main(["run", str(tiny_study), "--runs", str(tiny_study.parent / "runs"), *options])
    assert asked == [execution]
