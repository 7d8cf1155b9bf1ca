"""A worker's device as the record knows it. Device memory is made up."""

from __future__ import annotations

import socket
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest

from ablate.cells import DATASETS, DatasetFacts
from ablate.records import Attempt, Attempts, AttemptState
from ablate.training import Execution
from ablate.workers import place as place_module
from ablate.workers.packing import CONTEXT_BYTES, Device, PerDevice, predicted_need
from ablate.workers.place import Place
from tests.records.conftest import AttemptsOf, planned

GIB = 2**30


def digits() -> DatasetFacts:
    known = DATASETS["digits"]
    assert known
    return known


def place(per_device: PerDevice, **execution: Any) -> Place:
    return Place(Execution(**execution), per_device, digits, memory=100 * GIB)


def there(need: int | None, state: AttemptState = "running") -> Attempt:
    return Attempt(state=state, owner={"host": socket.gethostname()}, device="cpu", need=need)


def test_how_many_share_it() -> None:
    attempts = [there(3), there(None), there(5, "complete")]
    assert place(None).device(attempts) == Device(needs=(3, None))
    assert place(4).device(attempts) == Device(most=4, needs=(3, None))
    assert place("auto").device(attempts) == Device(memory=85 * GIB, needs=(3, None))


def test_needs_count_only_where_memory_decides(attempts_of: AttemptsOf) -> None:
    cell = replace(planned("a"), peak_bytes=GIB)
    nothing = attempts_of()
    assert place(None).need({"a": cell}, nothing)(cell) == 0
    assert place(2).need({"a": cell}, nothing)(cell) == 0
    assert place("auto").need({"a": cell}, nothing)(cell) == predicted_need(GIB, digits())


@pytest.mark.parametrize("per_device", [None, 2, "auto"])
def test_one_that_was_crowded_out_needs_all_of_it(per_device: PerDevice) -> None:
    crowded = Attempt(state="fail", failure="crowded")
    attempts = defaultdict(Attempts, a=Attempts((crowded,)))
    assert place(per_device).need({}, attempts)(planned("a")) is None


def test_what_was_measured_goes_above_what_is_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the memory mode that will be used, which `auto` decides by the whole device."""
    monkeypatch.setattr(place_module, "device_name", lambda device: "H100")
    one, other = (replace(planned(key), cell={"key": key}, peak_bytes=GIB) for key in "ab")
    plan = {"a": one, "b": other}

    def need(mode: str) -> int | None:
        how = Execution(device="cuda:3", memory=mode).document()
        result = {"measured_peak_bytes": 7, "device": "H100", "execution": how}
        done = Attempt(state="complete", result=result)
        attempts = defaultdict(Attempts, a=Attempts((done,)))
        return place("auto").need(plan, attempts)(other)

    assert need("fast") == 7 + CONTEXT_BYTES
    assert need("efficient") == predicted_need(GIB, digits())
