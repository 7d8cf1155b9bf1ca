"""What leaves no trace, and what recording leaves behind. Graphs need a GPU: see test_gpu."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from ablate.errors import RecordingFailed
from ablate.training import capture
from ablate.training.capturing import Waits, capture_all, unchanged
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


def test_a_replay_keeps_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graph has but addresses: weights that are gone would be read all the same."""
    streams = Streams(monkeypatch)

    class Body:
        def __call__(self) -> object:
            return streams.call("a")

    body = Body()
    seen = weakref.ref(body)
    replay = capture(body, CPU)
    del body
    gc.collect()
    assert seen() is not None
    del replay
    gc.collect()
    assert seen() is None


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

    with pytest.raises((RuntimeError, RecordingFailed)):
        capture(body, CPU)
    assert streams.current == "default"


def test_what_waits_for_the_device_is_found_before_it_is_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the last warm-up alone; where in the code is said."""
    streams = Streams(monkeypatch)

    def body() -> None:
        streams.call("step")
        streams.look()
        streams.call("rest")

    with pytest.raises(Waits, match=r"^test_capturing\.py:\d+ waits for the device$"):
        capture(body, CPU)
    assert streams.log == ["step on side", "rest on side"] * 3
    assert (streams.current, streams.watch) == ("default", 0)


def test_nothing_is_looked_for_while_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch itself waits for the device where it begins one."""
    streams, watched = Streams(monkeypatch), []
    streams.watch = 2  # the caller's
    capture(lambda: watched.append((streams.is_recording, streams.watch)), CPU)
    assert watched == [(False, 2), (False, 2), (False, 1), (True, 2)]
    assert streams.watch == 2


def test_a_recording_that_cannot_be_ended_leaves_torch_unfit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = Streams(monkeypatch)

    def body() -> None:
        if streams.is_recording:  # unseen before, as by a library of another's
            streams.look()

    with pytest.raises(
        RecordingFailed, match=r"\(operation not permitted.*start another"
    ) as caught:
        capture(body, CPU)
    assert caught.value.reason == "operation not permitted when stream is capturing"
    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("out"), RuntimeError("x"), KeyError()])
def test_a_recording_that_was_ended_is_an_error_like_others(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = Streams(monkeypatch)

    def body() -> None:
        if streams.is_recording:
            raise error

    with pytest.raises(type(error)) as caught:
        capture(body, CPU)
    assert caught.value is error


def test_a_graph_that_finds_no_memory_is_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)
    streams.void = "CUDA error: out of memory"

    def body() -> None:
        streams.ends = not streams.is_recording

    with pytest.raises(RuntimeError, match=streams.void):
        capture(body, CPU)
