"""Which images train and which are evaluated, fixed by the split seed alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ablate.cells import Data, DatasetFacts
from ablate.errors import Fault, SpecError

Indices = NDArray[Any]


@dataclass(frozen=True)
class Split:
    """Indices into the training images, ascending."""

    train: torch.Tensor
    held_out: torch.Tensor
    sha256: str  # of both, 16 hex digits


def split(labels: torch.Tensor, data: Data, facts: DatasetFacts, *, picks: bool = False) -> Split:
    """Training labels -> stratified hold-out and training images.

    Nothing is held out for the test set, unless a recipe `picks` its epoch by held-out images.
    `limit` takes training images after the hold-out, which is cut to at most as many; so a limited
    run never trains on an image that an unlimited one holds out. Raises SpecError for a hold-out
    or a limit that the dataset is too small for, or that leaves a class without training images.
    """
    if broken := data.broken_for(facts):
        raise SpecError([Fault(f"data.{key}", rule) for key, rule in broken])
    y = labels.numpy()
    train: Indices = np.arange(len(y))
    held_out: Indices = np.arange(0)
    if data.holds_out(picks):
        held_out = _held_out(y, data, facts)
        train = np.setdiff1d(train, held_out)
    if data.limit is not None:
        train = stratified(y, train, min(data.limit, len(train)), data.split_seed)
        held_out = stratified(y, held_out, min(data.limit, len(held_out)), data.split_seed)
    if unlearned := np.setdiff1d(y, y[train]).tolist():
        key = "hold_out" if data.limit is None else "limit"
        rule = "must leave a training image of every class, and leaves none of number"
        raise SpecError([Fault(f"data.{key}", f"{rule} {', '.join(map(str, unlearned))}")])
    digest = hashlib.sha256(train.astype("<i8").tobytes() + held_out.astype("<i8").tobytes())
    return Split(torch.from_numpy(train), torch.from_numpy(held_out), digest.hexdigest()[:16])


def _held_out(labels: Indices, data: Data, facts: DatasetFacts) -> Indices:
    """The indices that validate, ascending."""
    count, everything = data.hold_out or facts.hold_out, np.arange(len(labels))
    if not facts.parts:
        return stratified(labels, everything, count, data.split_seed)
    ends = np.cumsum([part.images for part in facts.parts])
    members = np.split(everything, ends[:-1])
    usual = [part.hold_out for part in facts.parts]
    counts = _shared(count, [count * n / sum(usual) for n in usual])
    taken = [
        m if part.images == n else balanced(labels, m, n, data.split_seed)
        for part, m, n in zip(facts.parts, members, counts, strict=True)
    ]
    return np.concatenate(taken)


def stratified(labels: Indices, among: Indices, count: int, seed: int) -> Indices:
    """`count` of the indices `among`, ascending, each class by its share.

    What the rounding leaves goes to the classes with the largest remainders. scikit-learn's
    splitter refuses parts smaller than the number of classes, which `limit` may well be.
    """
    # RandomState's stream is frozen for good; a new Generator's may change with numpy.
    random = np.random.RandomState(seed)
    classes = np.unique(labels[among])
    members = [random.permutation(among[labels[among] == c]) for c in classes]
    take = _shared(count, [len(m) * count / max(len(among), 1) for m in members])
    chosen = [m[:n] for m, n in zip(members, take, strict=True)]
    return np.sort(np.concatenate(chosen)) if chosen else among[:0]


def balanced(labels: Indices, among: Indices, count: int, seed: int) -> Indices:
    """`count` of the indices `among`, ascending, of each class as many, or all that there are."""
    random = np.random.RandomState(seed)
    members = [random.permutation(among[labels[among] == c]) for c in np.unique(labels[among])]
    # In rounds: the first of every class, then the second of every class that has one, ...
    rounds = np.concatenate([np.arange(len(m)) for m in members])
    first = np.argsort(rounds, kind="stable")[:count]
    return np.sort(np.concatenate(members)[first])


def _shared(count: int, exact: Sequence[float]) -> list[int]:
    """Shares that sum to `count` -> whole numbers; the largest remainders are rounded up."""
    whole = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: whole[i] - exact[i])
    for i in by_remainder[: count - sum(whole)]:
        whole[i] += 1
    return whole
