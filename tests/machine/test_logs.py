"""The log goes where somebody looks: a cell's into its folder, warnings to who watches."""

from __future__ import annotations

import logging
import threading

from ablate.machine import telling_warnings

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
