"""Which images train and which are evaluated, fixed by the split seed alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ablate.errors import Fault, SpecError
from ablate.spec import Data, DatasetFacts

Indices = NDArray[Any]


@dataclass(frozen=True)
class Split:
    """Indices into the training images, ascending; none are held out for the test set."""

    train: torch.Tensor
    held_out: torch.Tensor
    sha256: str  # of both, 16 hex digits


def split(labels: torch.Tensor, data: Data, facts: DatasetFacts) -> Split:
    """Training labels -> stratified hold-out and training images.

    `limit` takes training images after the hold-out, which is cut to at most as many; so a limited
    run never trains on an image that an unlimited one holds out. Raises SpecError for a hold-out
    or a limit that the dataset is too small for.
    """
    if broken := data.broken_for(facts):
        raise SpecError([Fault(f"data.{key}", rule) for key, rule in broken])
    y = labels.numpy()
    train: Indices = np.arange(len(y))
    held_out: Indices = np.arange(0)
    if data.evaluate == "validation":
        held_out = stratified(y, train, data.hold_out or facts.hold_out, data.split_seed)
        train = np.setdiff1d(train, held_out)
    if data.limit is not None:
        train = stratified(y, train, min(data.limit, len(train)), data.split_seed)
        held_out = stratified(y, held_out, min(data.limit, len(held_out)), data.split_seed)
    digest = hashlib.sha256(train.astype("<i8").tobytes() + held_out.astype("<i8").tobytes())
    return Split(torch.from_numpy(train), torch.from_numpy(held_out), digest.hexdigest()[:16])


def stratified(labels: Indices, among: Indices, count: int, seed: int) -> Indices:
    """`count` of the indices `among`, ascending, each class by its share.

    What the rounding leaves goes to the classes with the largest remainders. scikit-learn's
    splitter refuses parts smaller than the number of classes, which `limit` may well be.
    """
    # RandomState's stream is frozen for good; a new Generator's may change with numpy.
    random = np.random.RandomState(seed)
    classes = np.unique(labels[among])
    members = [random.permutation(among[labels[among] == c]) for c in classes]
    exact = [len(m) * count / max(len(among), 1) for m in members]
    take = [int(share) for share in exact]
    by_remainder = sorted(range(len(members)), key=lambda i: take[i] - exact[i])
    for i in by_remainder[: count - sum(take)]:
        take[i] += 1
    chosen = [m[:n] for m, n in zip(members, take, strict=True)]
    return np.sort(np.concatenate(chosen)) if chosen else among[:0]
