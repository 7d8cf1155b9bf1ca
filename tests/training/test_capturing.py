"""What leaves no trace. Capture itself needs a GPU: see test_gpu."""

from __future__ import annotations

import pytest
import torch

from ablate.training.capturing import unchanged

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
