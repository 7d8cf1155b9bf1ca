"""The data of the `weights` figure: how strongly each layer uses each of its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open

from ablate.analysis.points import PointCells, check_variant, one_to_show, points, require_done
from ablate.analysis.results import Results
from ablate.cells import CELL, WEIGHTS, cell_network, check_files
from ablate.errors import DamagedCell, HolesError, UsageError
from ablate.networks import DenseNetwork, readings
from ablate.text import point_text

RESCALES = ("none", "column")
Tensors = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class WeightsData:
    """What the figure shows, and of which cells."""

    label: str  # of the point: `DenseNet-BC, depth 100`
    results: Results  # of the cells that were averaged
    weights: pd.DataFrame  # as of source_weights()


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
    for each in readings(network):
        if each.tensor not in tensors:
            raise ValueError(f"tensor {each.tensor} is missing")
        weight = np.abs(tensors[each.tensor].astype(np.float64))
        ends = np.cumsum([source.width for source in each.sources])
        if weight.shape[1] != ends[-1]:
            reads = f"reads {weight.shape[1]} maps, the network {ends[-1]}"
            raise ValueError(f"tensor {each.tensor} {reads}")
        parts = np.split(weight, ends[:-1], axis=1)
        for source, part in zip(each.sources, parts, strict=True):
            row = each.of_block.index(source)
            mean = float(part.mean())
            rows.append((*each.place, source.block, source.number, row, mean))
    columns = ["block", "target", "kind", "source_block", "source", "row", "weight"]
    return pd.DataFrame(rows, columns=columns)


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
    cells = point.done[[_has_files(folder, key) for key in point.keys]]
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
    check_variant(results.cells, variant)
    found = _with_weights(folder, results.cells)
    own = [point for point in found if variant in ("", point.variant)]
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
    return [point for point in points(table) if any(_has_files(folder, key) for key in point.keys)]


def _has_files(folder: Path, key: str) -> bool:
    return all((folder / "cells" / key / name).is_file() for name in (CELL, WEIGHTS))


def _network_of(folder: Path, point: PointCells) -> DenseNetwork | None:
    """The network that the point's cells share; None for another family."""
    key = next(key for key in point.keys if _has_files(folder, key))
    network = cell_network(folder / "cells" / key, key)
    return network if isinstance(network, DenseNetwork) else None


def _read(folder: Path, key: str) -> pd.DataFrame:
    path = folder / "cells" / key / WEIGHTS
    network = cell_network(path.parent, key)
    assert isinstance(network, DenseNetwork)
    check_files(path.parent, key, WEIGHTS)
    try:
        with safe_open(path, framework="numpy") as file:
            present = set(file.keys())
            wanted = [each.tensor for each in readings(network)]
            tensors = {name: file.get_tensor(name) for name in wanted if name in present}
        return source_weights(network, tensors)
    except (SafetensorError, ValueError) as error:
        raise DamagedCell(f"{path}: is not of its {CELL}: {error}") from None
