"""A worker's device as the record knows it. Device memory is made up."""

from __future__ import annotations

import socket
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from ablate.cells import DATASETS, DatasetFacts
from ablate.engine import place as place_module
from ablate.engine.packing import CONTEXT_BYTES, Device, PerDevice, predicted_need
from ablate.engine.place import Place
from ablate.records import Attempts
from ablate.training import Execution
from tests.engine.conftest import Trials, planned

GIB = 2**30


def digits() -> DatasetFacts:
    known = DATASETS["digits"]
    assert known
    return known


def place(per_device: PerDevice, **execution: Any) -> Place:
    return Place(Execution(**execution), per_device, digits, memory=100 * GIB)


def there(need: int | None, state: TrialState = TrialState.RUNNING) -> FrozenTrial:
    owner = {"host": socket.gethostname()}
    attributes = {"owner": owner, "place": {"device": "cpu", "need": need}}
    value = 1.0 if state == TrialState.COMPLETE else None
    return create_trial(state=state, value=value, user_attrs=attributes)


def test_how_many_share_it() -> None:
    trials = [there(3), there(None), there(5, TrialState.COMPLETE)]
    assert place(None).device(trials) == Device(needs=(3, None))
    assert place(4).device(trials) == Device(most=4, needs=(3, None))
    assert place("auto").device(trials) == Device(memory=85 * GIB, needs=(3, None))


def test_needs_count_only_where_memory_decides(trials: Trials) -> None:
    cell = replace(planned("a"), peak_bytes=GIB)
    nothing = trials()
    assert place(None).need({"a": cell}, nothing)(cell) == 0
    assert place(2).need({"a": cell}, nothing)(cell) == 0
    assert place("auto").need({"a": cell}, nothing)(cell) == predicted_need(GIB, digits())


@pytest.mark.parametrize("per_device", [None, 2, "auto"])
def test_one_that_was_crowded_out_needs_all_of_it(per_device: PerDevice) -> None:
    crowded = create_trial(state=TrialState.FAIL, user_attrs={"failure": "crowded"})
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
        trial = create_trial(state=TrialState.COMPLETE, value=1.0, user_attrs={"result": result})
        attempts = defaultdict(Attempts, a=Attempts((trial,)))
        return place("auto").need(plan, attempts)(other)

    assert need("fast") == 7 + CONTEXT_BYTES
    assert need("efficient") == predicted_need(GIB, digits())
