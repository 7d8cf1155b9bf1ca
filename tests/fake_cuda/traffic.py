"""What an operator launches and moves, by its schema and its tensors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from torch import Tensor

# They hand out memory, or give it another owner. Views are known by their schema.
LAUNCH_NOTHING = {
    "_unsafe_view",
    "empty",
    "empty_like",
    "empty_strided",
    "new_empty",
    "new_empty_strided",
    "set_",
}
# Of what these are given first, only what they pick is read, or changed.
PICK = {"embedding", "gather", "index", "index_select", "_unsafe_index"}
CHANGE_SOME = {"index_add_", "index_copy_", "index_put_", "scatter_", "scatter_add_"}
OVERWRITE = {"bernoulli_", "copy_", "exponential_", "fill_", "normal_", "uniform_", "zero_"}


@cache
def makes(func: Any) -> bool:
    """Whether an operator returns tensors, in memory of their own."""
    returned = func._schema.returns
    return any("Tensor" in str(one.type) and one.alias_info is None for one in returned)


@cache
def launches(func: Any) -> bool:
    """Whether an operator starts work on the device."""
    if func.overloadpacket.__name__ in LAUNCH_NOTHING:
        return False
    return makes(func) or any(_is_written(argument) for argument in func._schema.arguments)


def written(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Tensor]:
    """Tensors that an operator changes."""
    given = [value for argument, value in _given(func, args, kwargs) if _is_written(argument)]
    return tensors(leaves(given))


def moved(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> int:
    """Bytes that an operator must read and write, each of its tensors by itself."""
    name = func.overloadpacket.__name__
    made = _size(result) if makes(func) else 0
    given = [(argument, _size(value)) for argument, value in _given(func, args, kwargs)]
    if name in PICK:
        return 2 * made + sum(count for _, count in given[1:])
    if name in CHANGE_SOME:
        counts = [count for _, count in given[1:]]
        return sum(counts) + 2 * max(counts)
    total = made
    for argument, count in given:
        changed = _is_written(argument)
        read = not (argument.is_out or (changed and name in OVERWRITE))
        total += (read + changed) * count
    return total


def size(tensor: Tensor) -> int:
    """Bytes of memory that a tensor shows: what is expanded counts once, and so do overlaps."""
    if not tensor.numel():
        return 0
    pairs = zip(tensor.shape, tensor.stride(), strict=True)
    shown = math.prod(length for length, stride in pairs if stride) * tensor.element_size()
    return min(shown, tensor.untyped_storage().nbytes())


def leaves(value: Any) -> Iterator[Any]:
    """Of arguments or a result; operators know no other nests than lists."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def tensors(values: Iterable[Any]) -> list[Tensor]:
    return [value for value in values if isinstance(value, Tensor)]


def _size(value: Any) -> int:
    return sum(map(size, tensors(leaves(value))))


def _given(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(argument of the schema, what was given for it)."""
    arguments = func._schema.arguments
    yield from zip(arguments, args, strict=False)
    for argument in arguments[len(args) :]:
        if argument.name in kwargs:
            yield argument, kwargs[argument.name]


def _is_written(argument: Any) -> bool:
    return argument.alias_info is not None and argument.alias_info.is_write
