"""A cell's folder: what is written there while it trains, and the result it ends with."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

import torch
from safetensors.torch import save

from ablate.cells import Cell, CellFolder, signed
from ablate.data import Images
from ablate.machine import device_name, peak_memory, release_memory, write_bytes, write_text
from ablate.text import as_yaml
from ablate.training.execution import Execution
from ablate.training.loop import fit
from ablate.training.ranks import Ranks
from ablate.training.results import Epoch, Fit, Progress

log = logging.getLogger("ablate")


def run_cell(
    cell: Cell,
    images: Images,
    execution: Execution,
    folder: CellFolder,
    *,
    before_save: Callable[[], None] = lambda: None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    ranks: Ranks = Ranks(),
) -> dict[str, Any]:
    """Train a cell in its folder -> the content of result.json.

    Goes on from the folder's checkpoint. Raises as `fit` does, leaving the checkpoint; `ranks` are
    those of `fit`.
    """
    for leftover in folder.path.glob("*.tmp"):  # of a process that was killed while writing
        leftover.unlink(missing_ok=True)
    if (done := folder.finished(cell.key)) is not None:
        folder.drop_checkpoints()
        return done
    write_text(folder.cell, as_yaml(cell.document()))
    release_memory(execution.device)
    seen: list[Epoch] = []

    def record(epoch: Epoch) -> None:
        seen.append(epoch)
        write_text(folder.curve, as_csv(seen))
        on_epoch(epoch)

    fitted = fit(
        cell,
        images,
        execution,
        checkpoint=folder.checkpoint,
        before_save=before_save,
        on_epoch=record,
        on_progress=on_progress,
        ranks=ranks,
    )
    before_save()
    weights = fitted.module.state_dict()
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
    write_bytes(folder.weights, save(tensors, metadata={"key": cell.key}))
    write_bytes(folder.predictions, fitted.predictions.packed(cell.key))
    result = signed(_result(fitted, cell, images, execution), folder.path)
    write_text(folder.result, json.dumps(result, indent=1) + "\n")
    folder.drop_checkpoints()
    return result


def _result(fitted: Fit, cell: Cell, images: Images, execution: Execution) -> dict[str, Any]:
    """What a cell came to, and how: the content of result.json but for the sums of its files."""
    from ablate import __version__  # here, as that opens all rooms

    peak = peak_memory(execution.device)
    return {
        "key": cell.key,
        "split": cell.split,
        "epochs": cell.recipe.epochs,
        "reported_epoch": fitted.epoch,
        "error": fitted.error,
        **({"validation_error": fitted.curve[fitted.epoch - 1].error} if fitted.test else {}),
        "loss": fitted.loss,
        "train_seconds": fitted.train_seconds,
        "device": device_name(execution.device),
        "torch": torch.__version__,
        "ablate": __version__,
        "data_sha256": images.sha256,
        "split_sha256": fitted.split_sha256,
        "data_note": fitted.data_note,
        **fitted.more_errors,
        "normalisation": {"mean": list(images.facts.mean), "std": list(images.facts.std)},
        "execution": execution.document(),
        **({} if peak is None else {"measured_peak_bytes": peak}),
    }


def as_csv(curve: list[Epoch]) -> str:
    """A curve as CSV: a row per epoch, empty where the split was not looked at."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Epoch)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(epoch) for epoch in curve)
    return text.getvalue()
