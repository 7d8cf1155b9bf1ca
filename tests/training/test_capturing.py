"""What leaves no trace, and what recording leaves behind. Graphs need a GPU: see test_gpu."""

from __future__ import annotations

import pytest
import torch

from ablate.training.capturing import capture, capture_all, unchanged
from tests.training.stand_ins import Streams

CPU = torch.device("cpu")


def test_tensors_are_put_back_in_place() -> None:
    one, two = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor(3)
    addresses = one.data_ptr(), two.data_ptr()
    with unchanged(lambda: [one, two], CPU):
        one.data.mul_(7)
        two.add_(1)
    assert one.tolist() == [1, 2] and two.item() == 3
    assert (one.data_ptr(), two.data_ptr()) == addresses
    assert one.requires_grad


def test_what_came_into_being_is_zero() -> None:
    found = [torch.tensor(5.0)]
    with unchanged(lambda: found, CPU):
        found.append(torch.ones(3))
    assert [tensor.tolist() for tensor in found] == [5.0, [0.0, 0.0, 0.0]]


def test_random_numbers_are_those_that_would_have_come() -> None:
    with torch.random.fork_rng([]):
        torch.manual_seed(1)
        expected = torch.rand(3)
        torch.manual_seed(1)
        with unchanged(list, CPU):
            torch.rand(100)
        assert torch.equal(torch.rand(3), expected)


def test_errors_leave_no_trace_either() -> None:
    one = torch.ones(2)

    def lose() -> None:
        with unchanged(lambda: [one], CPU):
            one.zero_()
            raise ValueError("lost")

    with pytest.raises(ValueError, match="lost"):
        lose()
    assert one.tolist() == [1, 1]


def test_graphs_share_a_stream_and_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    replays = capture_all([lambda name=name: streams.call(name) for name in "ab"], CPU)
    warm = [f"{name} on side" for name in "aaabbb"]
    recorded = [f"{what}" for name in "ab" for what in ("record into pool 1", f"{name} on side")]
    assert streams.log == warm + recorded
    assert [replay() for replay in replays[::-1]] == ["b", "a"]
    assert streams.log[len(warm + recorded) :] == ["replay from pool 1"] * 2
    assert streams.current == "default"


@pytest.mark.parametrize("calls", [0, 1, 3])
@pytest.mark.parametrize("ends", [True, False])
def test_every_end_leaves_the_stream(
    calls: int, ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In warm-up, at its end, and while recording, whether or not torch can end that."""
    streams = Streams(monkeypatch)

    def body() -> None:
        streams.call("step")
        if streams.log.count("step on side") > calls:
            streams.ends = ends
            raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(RuntimeError):
        capture(body, CPU)
    assert streams.current == "default"
