"""What operators launch and move, seen on tensors of the meta device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tests.fake_cuda.traffic import launches, moved

SIZE = 4 * 6 * 5  # bytes of what `meta` gives


class Seen(TorchDispatchMode):
    """Bytes of each launch."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.launched: list[int] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if launches(func):
            self.launched.append(moved(func, args, dict(kwargs or {}), result))
        return result


def meta(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.empty(shape or (6, 5), dtype=dtype, device="meta")


INDICES = meta(2, dtype=torch.int64)  # 16 bytes
OF_TWO_ROWS = 2 * 5 * 4


@pytest.mark.parametrize(
    ("operation", "bytes_"),
    [
        (lambda: meta() + meta(), 3 * SIZE),
        (lambda: meta().add_(meta()), 3 * SIZE),  # reads both, writes one
        (lambda: meta().relu_(), 2 * SIZE),
        (lambda: meta().zero_(), SIZE),
        (lambda: meta().copy_(meta()), 2 * SIZE),
        (lambda: torch.add(meta(), meta(), out=meta()), 3 * SIZE),
        (lambda: meta() + meta(1, 5).expand(6, 5), 2 * SIZE + 20),  # an expanded row is a row
        (lambda: meta()[::2] * 2, SIZE),  # half of it is read, as much is written
        (lambda: torch.cat([meta(), meta()]), 4 * SIZE),
        (lambda: meta().sum(), SIZE + 4),
        (lambda: meta().half(), SIZE + SIZE // 2),
        (lambda: meta().index_select(0, INDICES), 16 + 2 * OF_TWO_ROWS),
        (lambda: meta().as_strided((28, 3), (1, 1)).index_select(0, INDICES), 16 + 2 * 24),
        (lambda: meta().index_add_(0, INDICES, meta(2, 5)), 16 + 3 * OF_TWO_ROWS),
        (lambda: torch._foreach_add_([meta(), meta()], [meta(), meta()]), 6 * SIZE),
        (lambda: meta(0, 5) + meta(0, 5), 0),
    ],
)
def test_bytes(operation: Callable[[], object], bytes_: int) -> None:
    with Seen() as seen:
        operation()
    assert seen.launched == [bytes_]


@pytest.mark.parametrize(
    "operation",
    [
        lambda: meta().t(),
        lambda: meta().view(30)[3:],
        lambda: meta().expand(2, 6, 5),
        lambda: meta().detach(),
        lambda: torch.empty_like(meta()),
        lambda: meta().unbind(),
        lambda: meta().new_empty(3),
    ],
)
def test_nothing_is_launched(operation: Callable[[], object]) -> None:
    with Seen() as seen:
        operation()
    assert seen.launched == []
