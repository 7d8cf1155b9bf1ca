"""The data of the `weights` figure: how strongly each layer uses each of its sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open

from ablate.analysis.points import PointCells, one_to_show, point_text, points, require_done
from ablate.analysis.results import Results
from ablate.cells import CELL, WEIGHTS, check_files, read_cell_architecture
from ablate.errors import DamagedCell, HolesError, UsageError
from ablate.networks import DenseNetwork, Network
from ablate.text import nearest, read_file

RESCALES = ("none", "column")
Tensors = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class WeightsData:
    """What the figure shows, and of which cells."""

    label: str  # of the point: `DenseNet-BC, depth 100`
    results: Results  # of the cells that were averaged
    weights: pd.DataFrame  # as of source_weights()


@dataclass(frozen=True)
class _Source:
    block: int
    number: int  # 0: the block's input, s: layer s of the block
    width: int  # maps


def source_weights(network: DenseNetwork, tensors: Tensors) -> pd.DataFrame:
    """Network and its weights by name -> mean |W| of every connection, a row each.

    W is the part of the conv that first reads the source: the 1x1 bottleneck where a layer has one,
    else the 3x3; the transition's 1x1 conv; the classifier. Columns: block; target (1..n are the
    block's layers, n + 1 what stands behind the block) and its kind (layer, transition,
    classifier); source_block, source (0 is the block's input, s layer s); row, which counts the
    sources that a block has, those of earlier blocks first where connectivity is full; weight.
    Raises ValueError where a tensor is missing or has another width.
    """
    rows = []
    for block, target, kind, name, read, all_read in _connections(network):
        if name not in tensors:
            raise ValueError(f"tensor {name} is missing")
        weight = np.abs(tensors[name].astype(np.float64))
        width = sum(source.width for source in read)
        if weight.shape[1] != width:
            raise ValueError(f"tensor {name} reads {weight.shape[1]} maps, the network {width}")
        ends = np.cumsum([source.width for source in read])
        for source, part in zip(read, np.split(weight, ends[:-1], axis=1), strict=True):
            row = all_read.index(source)
            rows.append((block, target, kind, source.block, source.number, row, float(part.mean())))
    columns = ["block", "target", "kind", "source_block", "source", "row", "weight"]
    return pd.DataFrame(rows, columns=columns)


_Connection = tuple[int, int, str, str, list[_Source], list[_Source]]


def _connections(network: DenseNetwork) -> Iterator[_Connection]:
    """(block, target, kind, tensor, sources in the order read, all sources of the block)."""
    entering = [_Source(1, 0, network.stem_channels)]
    made = [*network.transitions, None]
    for block, (plan, width) in enumerate(zip(network.blocks, made, strict=True), 1):
        growths = [_Source(block, n, layer.growth) for n, layer in enumerate(plan.layers, 1)]
        # What enters is one source, unless transitions only pool: then layers read through them.
        outputs = [entering, *([growth] for growth in growths)]
        everything = [*entering, *growths]
        for number, layer in enumerate(plan.layers, 1):
            read = [source for s in layer.sources for source in outputs[s]]
            name = f"features.block{block}.layer{number}.conv1.weight"
            yield block, number, "layer", name, read, everything
        behind = len(plan.layers) + 1
        if block == len(network.blocks):
            yield block, behind, "classifier", "classifier.weight", everything, everything
        elif width is not None:
            name = f"features.transition{block}.conv.weight"
            yield block, behind, "transition", name, everything, everything
            entering = [_Source(block + 1, 0, width)]
        else:
            entering = everything


def weights_data(
    folder: Path, results: Results, variant: str = "", rescale: str = "none"
) -> WeightsData:
    """Run folder and its cells -> mean |W| from source to layer, averaged over a point's seeds.

    The point is the largest of `variant` whose weights are there. Without a variant it is the
    baseline's, or the first variant's whose layers read several sources; in a search the cell of
    the lowest error. `rescale="column"` divides by the largest of each target. Raises UsageError
    for an unknown variant or one of a family without such layers, HolesError where nothing is done
    or the files are lost, DamagedCell for files that are not the cell's.
    """
    if rescale not in RESCALES:
        raise UsageError(f"rescale: must be one of {', '.join(RESCALES)}, got {rescale!r}")
    require_done(results.cells)
    point = _chosen(folder, results, variant)
    cells = point.done[[_has_files(folder, key) for key in point.done["key"]]]
    parts = [_read(folder, key) for key in cells["key"]]
    mean = parts[0].assign(weight=np.mean([part["weight"] for part in parts], axis=0))
    if rescale == "column":
        largest = mean.groupby(["block", "target"])["weight"].transform("max")
        mean["weight"] = (mean["weight"] / largest).fillna(0.0)  # a column of nothing but zeros
    return WeightsData(point_text(point.variant, point.sweep), results.of(cells), mean)


def has_sources(folder: Path, table: pd.DataFrame) -> bool:
    """Whether `weights_data()` finds a done cell with layers that read several sources.

    Damage is told by who draws it.
    """
    try:
        return any(_network_of(folder, point) is not None for point in _with_weights(folder, table))
    except DamagedCell:
        return True


def _chosen(folder: Path, results: Results, variant: str) -> PointCells:
    names = list(dict.fromkeys(results.cells["variant"]))
    if variant and variant not in names:
        raise UsageError(f"variant: unknown variant `{variant}`{nearest(variant, names)}")
    found = _with_weights(folder, results.cells)
    own = [point for point in found if point.variant == variant] if variant else found
    if not own:
        of = f"of `{variant}` " if variant else ""
        raise HolesError(f"no done cell {of}has its weights: {folder.name}/cells/*/{WEIGHTS}")
    usable = [point for point in own if _network_of(folder, point) is not None]
    if not usable:
        raise UsageError(
            f"weights: no layer of {', '.join(dict.fromkeys(point.variant for point in own))} "
            "reads several sources; the figure is of `family: densenet`"
        )
    return one_to_show(usable, results)


def _with_weights(folder: Path, table: pd.DataFrame) -> list[PointCells]:
    return [
        point
        for point in points(table)
        if any(_has_files(folder, key) for key in point.done["key"])
    ]


def _has_files(folder: Path, key: str) -> bool:
    return all((folder / "cells" / key / name).is_file() for name in (CELL, WEIGHTS))


def _network_of(folder: Path, point: PointCells) -> DenseNetwork | None:
    """The network that the point's cells share; None for another family."""
    network = _network(folder, next(k for k in point.done["key"] if _has_files(folder, k)))
    return network if isinstance(network, DenseNetwork) else None


def _network(folder: Path, key: str) -> Network:
    cell = folder / "cells" / key
    check_files(cell, key, CELL)
    try:
        return read_cell_architecture(read_file(cell / CELL)).network()
    except UsageError as error:  # of a cell without digests
        raise DamagedCell(str(error)) from None


def _read(folder: Path, key: str) -> pd.DataFrame:
    path = folder / "cells" / key / WEIGHTS
    network = _network(folder, key)
    assert isinstance(network, DenseNetwork)
    check_files(path.parent, key, WEIGHTS)
    try:
        with safe_open(path, framework="numpy") as file:
            present = set(file.keys())
            wanted = [connection[3] for connection in _connections(network)]
            tensors = {name: file.get_tensor(name) for name in wanted if name in present}
        return source_weights(network, tensors)
    except (SafetensorError, ValueError) as error:
        raise DamagedCell(f"{path}: is not of its {CELL}: {error}") from None
