"""The log goes where somebody looks: a cell's into its folder, warnings to who watches."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from ablate.machine import logging_to, telling_warnings

log = logging.getLogger("ablate.training")


def test_warnings_are_told_once_and_nothing_else_is() -> None:
    told: list[str] = []
    with telling_warnings(told.append):
        for word in ("damaged", "away", "away", "damaged"):
            log.warning("it is %s", word)
        log.info("trial 3 begins")
        log.error("trial 3 failed")
        thread = threading.Thread(target=log.warning, args=("no sign of life",))
        thread.start()
        thread.join()
    log.warning("it is over")
    assert told == ["it is damaged", "it is away"]


def test_a_cells_log_is_in_its_folder(tmp_path: Path) -> None:
    with logging_to(tmp_path / "cell" / "log.txt"):
        log.info("trial %d begins", 3)
    assert "INFO trial 3 begins" in (tmp_path / "cell" / "log.txt").read_text(encoding="utf-8")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is full")
def test_a_full_disk_is_told_by_what_needs_it(capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(Path("/dev/full")):
        log.info("trial 3 begins")
        log.info("trial 3 ends")
    assert capsys.readouterr() == ("", "")
    with logging_to(Path("/dev/full")):  # what whoever logs does wrong is seen
        line = logging.LogRecord("ablate", logging.INFO, "", 0, "trial %d", ("three",), None)
        logging.getLogger("ablate").handlers[-1].handle(line)
    assert "TypeError" in capsys.readouterr().err
