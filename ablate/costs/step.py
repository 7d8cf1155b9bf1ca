"""One training step of any module, watched: multiply-adds, saved tensors, live storages."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry
from torch.utils.hooks import RemovableHandle

from ablate.models import loss_and_logits


@dataclass(frozen=True)
class LayerCost:
    """A module's own part of a step, without its children's."""

    name: str  # dotted path in the model; "loss" for the cross entropies behind it
    kind: str  # class of the module
    shape: tuple[int, ...]  # of its output, without the batch
    params: int
    macs: int  # per image
    saved_bytes: int  # of the batch: storages that this module was the first to save


@dataclass(frozen=True)
class Step:
    """A training step in numbers; `macs` and the bytes are of the whole batch."""

    params: int
    macs: int
    saved_bytes: int
    peak_bytes: int
    layers: tuple[LayerCost, ...]


def trace_step(module: nn.Module, images: Tensor, *, by_layer: bool = True) -> Step:
    """Any classifier and a batch -> what forward, cross entropy and backward of it cost.

    Companions count in everything, though evaluation does not run them.

    `by_layer` watches every module inside; without it the module is one row, and one that runs
    differently when it is watched inside (memory mode `efficient`) is seen as it is.

    Runs where module and images lie; on "meta" nothing is computed. Elsewhere running statistics
    move, as in any step, and gradients are dropped afterwards.

    - saved_bytes: bytes of the distinct storages that autograd saved for backward, the images
      included if saved, parameters and buffers not. What checkpointing holds back itself is seen
      only in peak_bytes.
    - peak_bytes: the highest total of bytes alive at once in storages from the start of forward to
      the end of backward: parameters, one momentum buffer for each (SGD), module buffers, images,
      targets, activations and gradients, which start as None. The workspaces of kernels, the
      allocator's rounding and the optimizer's own temporaries are not in it.
    """
    targets = torch.zeros(len(images), dtype=torch.long, device=images.device)
    operators = _Operators()
    for tensor in (*module.parameters(), *module.buffers(), images, targets):
        operators.add(tensor)
    rows = _Rows(module, operators)
    with operators:
        with rows.watching(module, by_layer):
            given = module(images)
            rows.enter("loss", "CrossEntropyLoss")
            loss, _ = loss_and_logits(cross_entropy, given, targets)
            rows.leave(loss)
        loss.backward()  # type: ignore[no-untyped-call]
    module.zero_grad(set_to_none=True)
    momentum = sum(p.nbytes for p in module.parameters() if p.requires_grad)
    layers = rows.layers(len(images))
    return Step(
        params=sum(p.numel() for p in module.parameters()),
        macs=rows.macs,
        saved_bytes=sum(layer.saved_bytes for layer in layers),
        peak_bytes=operators.peak + momentum,
        layers=layers,
    )


def _batch_norm(maps: Tensor, *rest: Any) -> tuple[Tensor, ...]:
    _weight, _bias, _mean, _variance, training, *_ = rest
    kept = maps.shape[1] if training else 0
    return torch.empty_like(maps), maps.new_empty(kept), maps.new_empty(kept)


def _batch_norm_backward(gradient: Tensor, *rest: Any) -> tuple[Tensor | None, ...]:
    *_, wanted = rest
    channels = gradient.shape[1]
    made = torch.empty_like(gradient), gradient.new_empty(channels), gradient.new_empty(channels)
    return tuple(tensor if asked else None for tensor, asked in zip(made, wanted, strict=True))


# What operators hand out on the meta device that torch does in Python there, step by step: nine
# tenths of the time that a network takes.
_HANDED_OUT: dict[Any, Callable[..., Any]] = {
    torch.ops.aten.native_batch_norm.default: _batch_norm,
    torch.ops.aten.native_batch_norm_backward.default: _batch_norm_backward,
    torch.ops.aten.threshold_backward.default: lambda gradient, *_: torch.empty_like(gradient),
}


def _run(func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What an operator hands out, of which only the shapes count on the meta device."""
    shaped = _HANDED_OUT.get(func)
    return shaped(*args) if shaped and args[0].is_meta else func(*args, **kwargs)


class _Operators(TorchDispatchMode):
    """Sums the storages that operators hand out, less those freed since, and the FLOPs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.live = self.peak = self.flops = 0
        self._known: weakref.WeakSet[torch.UntypedStorage] = weakref.WeakSet()

    def add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        if storage in self._known:
            return
        self._known.add(storage)
        size = storage.nbytes()
        weakref.finalize(storage, self._freed, size)
        self.live += size
        self.peak = max(self.peak, self.live)

    def _freed(self, size: int) -> None:
        self.live -= size

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = _run(func, args, kwargs or {})
        # FlopCounterMode reads the same registry, but takes batch norm on the meta device apart,
        # whose intermediate maps no real device holds.
        if func.overloadpacket in flop_registry:
            count = flop_registry[func.overloadpacket]
            self.flops += count(*args, **(kwargs or {}), out_val=result)
        for tensor in result if isinstance(result, tuple | list) else (result,):
            if isinstance(tensor, Tensor):
                self.add(tensor)
        return result


class _Rows:
    """What each module did itself in forward; the innermost one running is charged."""

    def __init__(self, module: nn.Module, operators: _Operators) -> None:
        self.macs = 0  # of the whole batch
        self._rows: dict[str, LayerCost] = {}
        self._running: list[str] = []
        self._operators = operators
        kept = (*module.parameters(), *module.buffers())
        self._saved = weakref.WeakSet(tensor.untyped_storage() for tensor in kept)

    @contextmanager
    def watching(self, module: nn.Module, by_layer: bool) -> Iterator[None]:
        """Charge everything that runs inside to the modules of `module`, or to it alone."""
        with ExitStack() as stack:
            for name, part in module.named_modules() if by_layer else [("", module)]:
                for handle in self._hook(name, part):
                    stack.callback(handle.remove)
            stack.enter_context(saved_tensors_hooks(self._pack, lambda tensor: tensor))
            yield

    def _hook(self, name: str, part: nn.Module) -> tuple[RemovableHandle, RemovableHandle]:
        kind = type(part).__name__
        params = sum(p.numel() for p in part.parameters(recurse=False))
        return (
            part.register_forward_pre_hook(lambda *_: self.enter(name, kind, params)),
            part.register_forward_hook(lambda *call: self.leave(call[-1])),
        )

    def enter(self, name: str, kind: str, params: int = 0) -> None:
        self._charge_flops()
        self._running.append(name)
        self._rows.setdefault(name, LayerCost(name, kind, (), params, 0, 0))

    def leave(self, output: Any) -> None:
        self._charge_flops()
        name = self._running.pop()
        if isinstance(output, Tensor):
            self._rows[name] = replace(self._rows[name], shape=tuple(output.shape[1:]))

    def _charge_flops(self) -> None:
        macs = self._operators.flops // 2 - self.macs
        if macs:
            row = self._rows[self._running[-1]]
            self._rows[row.name] = replace(row, macs=row.macs + macs)
            self.macs += macs

    def _pack(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage not in self._saved:
            self._saved.add(storage)
            row = self._rows[self._running[-1]]
            self._rows[row.name] = replace(row, saved_bytes=row.saved_bytes + storage.nbytes())
        return tensor

    def layers(self, images: int) -> tuple[LayerCost, ...]:
        """Rows in forward order, without modules that have and keep nothing themselves."""
        return tuple(
            replace(row, macs=row.macs // images)
            for row in self._rows.values()
            if row.params or row.macs or row.saved_bytes
        )
