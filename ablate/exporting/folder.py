"""Writing an exported folder, checking it, and loading it."""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ablate.cells import (
    PREDICTIONS,
    check_weights,
    has_digests,
    read_cell_architecture,
    read_finished,
    read_predictions,
    settings_of,
)
from ablate.costs import cost
from ablate.errors import AblateError, DamagedCell, ExportError, UsageError
from ablate.exporting.card import NOT_VOUCHED, Card, write_card
from ablate.exporting.formats import FORMATS
from ablate.exporting.preprocessing import PREPROCESSING, preprocessing
from ablate.machine import keep_code, look_for_code
from ablate.models import build, random_images
from ablate.networks import Architecture, load_architecture
from ablate.text import as_yaml, read_file

log = logging.getLogger("ablate")
ARCHITECTURE, CELL, CARD = "architecture.yaml", "cell.yaml", "README.md"
WEIGHTS, RESULT = "model.safetensors", "result.json"


def export_cell(
    cell: Path, key: str, out: Path, card: Card, *, formats: Collection[str] = ()
) -> Path:
    """The folder of the finished cell `key` -> `out`: whole, loaded back and compared, or none.

    `formats` are those of FORMATS that it is to be written in too; onnx needs the extra
    `ablate-nn[onnx]`. Raises UsageError for an `out` that is not empty and for a format that this
    network has not, DamagedCell if the cell's files are gone or do not go together, ExportError if
    a copy does not compute the same.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"{out}: is already there{_held(out)}; remove it or choose another with --out"
        )
    result = read_finished(cell, key)
    if result is None:
        raise DamagedCell(f"{cell}: {RESULT} missing; the run folder has lost it")
    if not has_digests(result):
        log.warning("%s: %s", cell, NOT_VOUCHED)
    tree = read_file(cell / CELL)
    try:
        architecture = read_cell_architecture(tree)
    except UsageError as error:  # of a cell without digests
        raise DamagedCell(str(error)) from None
    documents = tree.plain()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        look_for_code(cell.parents[1])
        trained = architecture.trained()
        (made / ARCHITECTURE).write_text(as_yaml(settings_of(trained)), encoding="utf-8")
        keep_code(settings_of(trained), made)
        for name in (CELL, WEIGHTS, RESULT, PREDICTIONS):
            if name != PREDICTIONS or (cell / name).exists():  # earlier versions kept none
                shutil.copyfile(cell / name, made / name)
        found = read_predictions(cell, key)
        names = found.names if found else ()
        seen = preprocessing(trained, documents["data"], result, names)
        text = json.dumps(seen, indent=1, ensure_ascii=False) + "\n"
        (made / PREPROCESSING).write_text(text, encoding="utf-8")
        counted = cost(trained, batch_size=2)  # of one, batch norm of a 1 x 1 map is none
        original = _with_weights(trained, cell / WEIGHTS)
        _check_copy(original, load(made), trained)
        others = [FORMATS[name](original, trained, made) for name in FORMATS if name in formats]
        text = write_card(card, architecture, documents, result, seen, counted, others)
        (made / CARD).write_text(text, encoding="utf-8")
        if out.exists():
            out.rmdir()
        made.replace(out)
    return out


def _held(out: Path) -> str:
    """Which cell an earlier export holds; empty where the folder does not tell."""
    try:
        return f" with cell {read_file(out / CELL).plain()['key'][:8]}"
    except (AblateError, OSError, KeyError, TypeError):
        return ""


def load(folder: str | Path) -> nn.Module:
    """An exported folder -> the trained module, in eval mode, on the CPU.

    Raises UsageError for a folder that is no export, ExportError for weights that do not fit or
    are not those that were exported.
    """
    folder = Path(folder)
    for name in (ARCHITECTURE, WEIGHTS):
        if not (folder / name).is_file():
            raise UsageError(f"{folder}: is not an exported folder: {name} is missing")
    if (folder / RESULT).is_file():
        _check_weights(folder)
    return _with_weights(load_architecture(folder / ARCHITECTURE), folder / WEIGHTS)


def _check_weights(folder: Path) -> None:
    """Raise ExportError unless the weights are those that the result beside them is of."""
    try:
        check_weights(folder, json.loads((folder / RESULT).read_text(encoding="utf-8")))
    except (DamagedCell, ValueError, AttributeError) as error:
        raise ExportError(f"{folder}: {error}") from None


def _with_weights(architecture: Architecture, weights: Path) -> nn.Module:
    module = build(architecture)
    try:
        module.load_state_dict(load_file(weights))
    except (SafetensorError, RuntimeError) as error:
        raise ExportError(f"{weights}: {str(error).splitlines()[0]}") from None
    return module.eval()


def _check_copy(original: nn.Module, copy: nn.Module, architecture: Architecture) -> None:
    images = random_images(architecture, 2)
    with torch.inference_mode():
        if not torch.equal(original(images), copy(images)):
            raise ExportError("the exported network does not compute what the trained one does")
