"""The operators of one step, watched: what a CUDA graph cannot record, launches and bytes."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import Tag, Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from tests.fake_cuda.traffic import launches, leaves, makes, moved, tensors, written

CLONE = f"{Path(__file__).parents[2]}/"
HARNESS = {str(Path(__file__).with_name(name)) for name in ("watch.py", "pretence.py", "steps.py")}
SMALL = 2**20  # bytes: what moves less takes about as long as its launch
INDEXED = {"index", "index_put", "index_put_", "_index_put_impl_", "_unsafe_index"}


class Unrecordable(Exception):
    """A step that cannot go on, because a fake tensor has no number to go on with."""


class Watch(TorchDispatchMode):
    """What runs inside.

    - faults: what a graph cannot record, with the line that asked for it
    - program: every operator with its shapes and numbers, which a graph would freeze
    - outside: memory that was there before and is read or changed, which a graph would go back to
    - changed: what of it is changed, and where
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.faults: list[str] = []
        self.program: list[tuple[Any, ...]] = []
        self.outside: dict[int, torch.UntypedStorage] = {}  # held, so that no address comes twice
        self.changed: dict[int, str] = {}
        self.launches = self.small = self.bytes = 0
        self.launches_of: Counter[str] = Counter()
        self.bytes_of: Counter[str] = Counter()
        self._inside: dict[int, torch.UntypedStorage] = {}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func.namespace == "aten" and func._can_decompose():  # whole in inference mode
            with self:
                return func.decompose(*args, **kwargs)
        given = [*leaves(args), *leaves(list(kwargs.values()))]
        if not (tensors(given) or makes(func)):
            return func(*args, **kwargs)  # of types, or for the profiler
        faults = [f"{func}: {fault}" for fault in _faults(func, args, kwargs, given)]
        if faults:
            self.faults += [f"{_place()}: {fault}" for fault in faults]
        try:
            result = func(*args, **kwargs)
        except Exception as error:
            if faults:
                raise Unrecordable from error
            raise
        self._add(func, given, result)
        self._note_changes(func, written(func, args, kwargs))
        if launches(func):
            self._count(func.overloadpacket.__name__, moved(func, args, kwargs, result))
        return result

    def left(self, known: Container[int]) -> list[str]:
        """What changes in other memory than is known."""
        return [told for address, told in self.changed.items() if address not in known]

    def _add(self, func: Any, given: list[Any], result: Any) -> None:
        self.program.append((str(func), *map(_described, given)))
        for tensor in tensors(given):
            storage = tensor.untyped_storage()
            if storage._cdata not in self._inside:
                self.outside[storage._cdata] = storage
        if makes(func):
            for tensor in tensors(leaves(result)):
                storage = tensor.untyped_storage()
                self._inside[storage._cdata] = storage

    def _note_changes(self, func: Any, changed: list[Tensor]) -> None:
        anew = {
            address: tuple(tensor.shape)
            for tensor in changed
            if (address := tensor.untyped_storage()._cdata) in self.outside
            and address not in self.changed
        }
        place = _place() if anew else ""
        for address, shape in anew.items():
            self.changed[address] = f"{place}: {func} changes a tensor of shape {shape}"

    def _count(self, name: str, moves: int) -> None:
        self.launches += 1
        self.small += moves < SMALL
        self.bytes += moves
        self.launches_of[name] += 1
        self.bytes_of[name] += moves


def differences(first: Watch, second: Watch) -> Iterator[str]:
    """What keeps a graph of the first step from being the second."""
    for one, other in zip_longest(first.program, second.program, fillvalue=("nothing",)):
        if one != other:
            yield f"another step runs {_told(other, one)} where this one runs {_told(one, other)}"
            break
    if first.outside.keys() != second.outside.keys():
        yield "another step reads or changes other memory than this one"


def _faults(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[Any]
) -> Iterator[str]:
    if Tag.data_dependent_output in func.tags:
        yield "the host needs its result"
    if func.overloadpacket.__name__ in INDEXED:
        if any(index.dtype in (torch.bool, torch.uint8) for index in tensors(args[1])):
            yield "a mask as an index: how much it picks depends on data"
    elif Tag.dynamic_output_shape in func.tags:
        yield "the shape of its result depends on data"
    if any(isinstance(leaf, torch.Generator) for leaf in given):
        yield "a generator that graphs do not know"
    on = {tensor.device.type for tensor in tensors(given)}
    to = torch.device(kwargs["device"]).type if kwargs.get("device") is not None else None
    if len(on) > 1:
        shapes = [tuple(tensor.shape) for tensor in tensors(given) if tensor.device.type == "cpu"]
        yield f"tensors of the CPU, of shapes {shapes}, with those of the GPU"
    elif on and to not in (None, *on):
        yield f"from {on.pop()} to {to}"
    elif "cuda" not in (*on, to) and launches(func):
        yield "runs on the CPU, which a replay leaves out"


def _described(leaf: Any) -> Any:
    if isinstance(leaf, Tensor):
        return leaf.dtype, tuple(leaf.shape), leaf.stride()
    return leaf


def _told(call: tuple[Any, ...], other: tuple[Any, ...]) -> str:
    """An operator, and what of it is not in the other."""
    name, *given = call
    return f"{name}({', '.join(str(leaf) for leaf in given if leaf not in other)})"


def _place() -> str:
    """The line that asked for an operator; of a backward pass only autograd's threads know."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        file = frame.f_code.co_filename
        if file.startswith(CLONE) and file not in HARNESS:
            return f"{file.removeprefix(CLONE)}:{frame.f_lineno}"
    return "backward"
