"""What loggers hear of a run, and that nothing that they do reaches it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import PlannedCell
from ablate.loggers import LoggedCell, logging_cells, telling
from ablate.loggers.cell import Maker

Warnings = list[tuple[str, str]]


def planned(seed: int = 0, **changes: Any) -> PlannedCell:
    given: dict[str, Any] = {
        "variant": "bc",
        "sweep": {"depth": 10},
        "seed": seed,
        "key": f"k{seed}",
        "split": "validation",
        "epochs": 2,
        **dict.fromkeys(("params", "macs", "flops", "saved_bytes", "peak_bytes"), 7),
        "predicted_seconds": None,
        "cell": {"architecture": {"family": "densenet"}, "recipe": {"epochs": 2}},
    }
    return PlannedCell(**{**given, **changes})


def event(kind: str, seed: int = 0, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "key": f"k{seed}", "label": f"bc seed={seed}", "slot": 0, **more}


def whole(seed: int = 0) -> Iterator[dict[str, Any]]:
    """The events of a cell from its start to its end."""
    yield event("start", seed, cell=planned(seed), earlier=[])
    yield event("progress", seed, progress=None)
    yield event("epoch", seed, row={"epoch": 1, "error": 50.0})
    yield event("epoch", seed, row={"epoch": 2, "error": 40.0})
    yield event("end", seed, state="done", error=40.0, source=None, result={"error": 40.0})


class Heard:
    """A maker whose loggers write down what they hear."""

    def __init__(self) -> None:
        self.cells: list[LoggedCell] = []
        self.told: list[tuple[str, Any]] = []
        self.threads: set[threading.Thread] = set()

    def __call__(self, cell: LoggedCell) -> Any:
        self.threads.add(threading.current_thread())
        self.cells.append(cell)
        heard = self

        class Logger:
            def __call__(self, row: dict[str, Any]) -> None:
                heard.told.append((cell.key, row["epoch"]))

            def close(self, end: dict[str, Any]) -> None:
                heard.told.append((cell.key, end))

        return Logger()


def run(*makers: Maker, seeds: int = 1) -> Warnings:
    """Log whole cells to `makers`, `a` and `b`: what was warned of."""
    warned: Warnings = []
    named = list(zip("ab", makers, strict=False))
    with logging_cells(named, "tiny", Path("runs/tiny"), lambda *said: warned.append(said)) as hear:
        for seed in range(seeds):
            for each in whole(seed):
                hear(each)
    return warned


def test_a_cell_is_told_in_order_in_a_thread_of_its_own() -> None:
    heard = Heard()
    assert run(heard) == []
    end = {"state": "done", "result": {"error": 40.0}}
    assert heard.told == [("k0", 1), ("k0", 2), ("k0", end)]
    assert len(heard.threads) == 1 and threading.current_thread() not in heard.threads
    (cell,) = heard.cells
    assert (cell.study, cell.folder) == ("tiny", Path("runs/tiny"))
    assert (cell.point, cell.name) == ("bc depth=10", "bc depth=10 seed=0")
    assert cell.config["recipe"] == {"epochs": 2} and cell.config["seed"] == 0
    assert cell.config["params"] == 7 and cell.config["sweep"] == {"depth": 10}


def test_what_a_logger_changes_is_its_own() -> None:
    """Without workers the cells of the plan are what is trained."""

    def greedy(cell: LoggedCell) -> Any:
        cell.config["recipe"]["epochs"] = 99
        cell.sweep["depth"] = 99  # type: ignore[index]
        return dict.clear

    heard, cell = Heard(), planned()
    with logging_cells([("a", greedy), ("b", heard)], "tiny", Path(), print) as hear:
        hear(event("start", cell=cell, earlier=[]))
        hear(event("epoch", row={"epoch": 1}))
    assert cell == planned() and heard.cells[0].config["recipe"] == {"epochs": 2}
    assert heard.told[0] == ("k0", 1)


class Raising:
    """A maker whose loggers raise, at one moment."""

    def __init__(self, moment: str, error: BaseException) -> None:
        self.moment, self.error, self.calls = moment, error, 0

    def at(self, moment: str) -> None:
        self.calls += 1
        if moment == self.moment:
            raise self.error

    def __call__(self, cell: LoggedCell) -> Any:
        self.at("start")
        raising = self

        class Logger:
            def __call__(self, row: dict[str, Any]) -> None:
                raising.at("epoch")

            def close(self, end: dict[str, Any]) -> None:
                raising.at("close")

        return Logger()


@pytest.mark.parametrize(("moment", "calls"), [("start", 1), ("epoch", 2), ("close", 4)])
@pytest.mark.parametrize("error", [ValueError("no\nserver"), SystemExit("no server")])
def test_one_that_raises_hears_no_more_of_that_cell_and_is_told_of_once(
    moment: str, calls: int, error: BaseException
) -> None:
    heard, raising = Heard(), Raising(moment, error)
    warned = run(raising, heard, seeds=3)
    reason = f"{type(error).__name__}: no server; it logs no more of this cell, which goes on"
    assert warned == [("bc seed=0: --log a", reason), ("--log a", "failed for 3 cells")]
    assert raising.calls == 3 * calls
    assert len(heard.told) == 9, "another hears everything"


def test_one_cell_alone_is_not_counted() -> None:
    assert len(run(Raising("epoch", KeyError(1)))) == 1


def test_what_gives_no_logger() -> None:
    ((_, reason), _) = run(lambda cell: None, seeds=2)  # type: ignore[arg-type,return-value]
    assert "'NoneType' object is not callable" in reason


def test_a_function_needs_no_close() -> None:
    rows: list[Any] = []
    assert run(lambda cell: rows.append) == []
    assert [row["epoch"] for row in rows] == [1, 2]


def test_one_that_hangs_holds_up_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "SECONDS_TO_END", 0.2)
    never, heard = threading.Event(), Heard()
    warned = run(lambda cell: lambda row: never.wait(), heard)
    assert warned == [("--log a", "was not ready within 0.2 s, and is left")]
    assert len(heard.told) == 3
    never.set()


def test_cells_of_a_run_that_is_stopped_are_closed() -> None:
    heard = Heard()

    def stopped() -> None:
        with logging_cells([("a", heard)], "tiny", Path(), print) as hear:
            hear(event("start", cell=planned(), earlier=[{"epoch": 1}]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert heard.told == [("k0", {"state": "stopped", "reason": "the run ended"})]
    assert heard.cells[0].earlier == [{"epoch": 1}]


def test_a_cell_whose_worker_died_begins_again() -> None:
    heard = Heard()
    with logging_cells([("a", heard)], "tiny", Path(), print) as hear:
        hear(event("start", cell=planned(), earlier=[]))
        hear(event("epoch", row={"epoch": 1}))
        hear(event("died", reason="signal 9"))
        hear({"kind": "died", "key": None, "label": "", "slot": 1, "reason": "at its start"})
        hear({"kind": "note", "note": "of no cell"})
        hear(event("start", cell=planned(), earlier=[{"epoch": 1}]))
        hear(event("epoch", row={"epoch": 2}))
        hear(event("end", state="pruned", reason="no better"))
    assert heard.told == [
        ("k0", 1),
        ("k0", {"state": "lost", "reason": "signal 9"}),
        ("k0", 2),
        ("k0", {"state": "pruned", "reason": "no better"}),
    ]


def test_of_a_search_a_point_is_a_suggestion() -> None:
    cell = LoggedCell.of(planned(trial=17), "s", Path(), ())
    assert (cell.point, cell.name) == ("#17 depth=10", "#17 depth=10 seed=0")
