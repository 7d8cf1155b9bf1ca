"""What of a record Optuna's dashboard is shown, and what it may do."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from ablate.storage.dashboard import only_read, plain


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"])
def test_what_would_change_a_record_does_not_reach_it(method: str) -> None:
    reached: list[str] = []
    begun: list[str] = []

    def application(request: dict[str, Any], start: Any) -> list[bytes]:
        reached.append(request["REQUEST_METHOD"])
        start("200 OK", [])
        return [b"page"]

    answer = only_read(application)
    body = b"".join(answer({"REQUEST_METHOD": method}, lambda status, heads: begun.append(status)))
    if method in ("GET", "HEAD"):
        assert (reached, begun, body) == ([method], ["200 OK"], b"page")
    else:
        assert (reached, begun) == ([], ["403 Forbidden"]) and b"changes none" in body


def test_attributes_are_those_that_a_table_can_show() -> None:
    attributes = {
        "key": "k",
        "variant": "bc",
        "sweep.depth": 10,
        "seed": 0,
        "owner": {"host": "here", "pid": 7},
        "result": {"error": 1.0},
    }
    trial = create_trial(state=TrialState.RUNNING, user_attrs=attributes)
    shown = plain(trial)
    assert shown.user_attrs == {"key": "k", "variant": "bc", "depth": 10, "seed": 0}
    assert trial.user_attrs == attributes and isinstance(shown, optuna.trial.FrozenTrial)
