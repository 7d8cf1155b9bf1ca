"""A finished cell's files: what its result says, and whether the rest is what it was written with.

`result.json` is written last, so it says that a cell is done. It is read here and nowhere else:
from a copied, a damaged or another cell's folder it must not count.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from ablate.errors import DamagedCell, Fault, SpecError
from ablate.spec.loading import read_file
from ablate.spec.predictions import PREDICTIONS, read_predictions
from ablate.spec.reading import from_plain
from ablate.spec.validating import Frozen, Positive, Real, Text, show, validate

CELL, CURVE, WEIGHTS, RESULT = "cell.yaml", "curve.csv", "model.safetensors", "result.json"
KEPT = (CELL, CURVE, WEIGHTS)  # that every finished cell has; and newer ones their predictions
OF_ANOTHER_CELL = "its result is of another cell"  # why it does not count, as results() says it
FORMAT = 2  # of result.json; 1, which does not say so, has no digests

Percent = Annotated[Real, Field(ge=0, le=100)]
NotNegativeReal = Annotated[Real, Field(ge=0)]


class _Normalisation(Frozen):
    mean: list[Real]
    std: list[Real]


class _Result(Frozen):
    """What every result has; there may be more."""

    model_config = ConfigDict(extra="allow")

    format: Literal[1, 2] = 1
    key: Text
    split: Literal["validation", "test"]
    epochs: Positive
    reported_epoch: Positive | None = None  # None: the last
    error: Percent
    loss: NotNegativeReal  # nats
    train_seconds: NotNegativeReal
    device: Text
    torch: Text
    ablate: Text
    data_sha256: Text
    split_sha256: Text
    data_note: Text
    normalisation: _Normalisation
    execution: dict[str, Any]
    files: dict[str, str] = Field(default_factory=dict)  # SHA-256 by name
    sha256: Text = ""  # of all of the above


def signed(result: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A result with its format, the digests of the files of `folder`, and one of itself."""
    files = {name: _digest(folder / name) for name in (*KEPT, PREDICTIONS)}
    whole = {"format": FORMAT, **result, "files": files}
    return {**whole, "sha256": _digest_of(whole)}


def read_finished(folder: Path, key: str) -> dict[str, Any] | None:
    """The result of the finished cell `key` in its folder; None of a cell that is not finished.

    Raises DamagedCell for files that do not go together: a result that is not whole, that is of
    another cell, or whose files are missing or others than it was written with.
    """
    path = folder / RESULT
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:  # UnicodeDecodeError is one
        raise DamagedCell(f"{path}: is damaged: {error}") from None
    faults: list[Fault] = []
    result = validate(_Result, from_plain(found, str(path)), (), faults)
    if result is None:
        raise DamagedCell("\n".join(map(str, faults)))
    if result.key != key:
        raise DamagedCell(f"{path}: is of cell {show(result.key)}, not of {key}")
    if missing := [name for name in KEPT if not (folder / name).is_file()]:
        raise DamagedCell(_missing(folder, missing))
    if result.format == 1:
        _check_without_digests(folder, result)
    else:
        _check_digests(folder, found)
    whole: dict[str, Any] = found
    return whole


def has_digests(result: Mapping[str, Any]) -> bool:
    """Whether anything vouches that a cell's files are those that it was finished with."""
    return bool(result.get("files"))


def check_weights(folder: Path, result: Mapping[str, Any]) -> None:
    """Raise DamagedCell for weights that are not those that `result` was written with."""
    if has_digests(result) and _digest(folder / WEIGHTS) != result["files"].get(WEIGHTS):
        raise DamagedCell(f"{folder / WEIGHTS}: is not what {RESULT} was written with")


def _check_digests(folder: Path, found: Mapping[str, Any]) -> None:
    rest = {name: value for name, value in found.items() if name != "sha256"}
    if found.get("sha256") != _digest_of(rest):
        raise DamagedCell(f"{folder / RESULT}: was changed after it was written")
    names = [*KEPT, *([PREDICTIONS] if PREDICTIONS in found["files"] else [])]
    if missing := [name for name in names if not (folder / name).is_file()]:
        raise DamagedCell(_missing(folder, missing))
    for name in names:
        if _digest(folder / name) != found["files"].get(name):
            raise DamagedCell(f"{folder / name}: is not what {RESULT} was written with")
    predictions = read_predictions(folder, found["key"])
    if predictions and predictions.error != found["error"]:
        raise DamagedCell(
            f"{folder / PREDICTIONS}: {predictions.error} % are wrong, {RESULT} says "
            f"{found['error']} %"
        )


def _missing(folder: Path, names: Sequence[str]) -> str:
    return f"{folder}: {', '.join(names)} missing; the run folder has lost them"


def _check_without_digests(folder: Path, result: _Result) -> None:
    """What can be said all the same: every file names its cell, and the curve its error."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / WEIGHTS, "numpy") as stored:
            keys = {WEIGHTS: (stored.metadata() or {}).get("key")}
        keys[CELL] = read_file(folder / CELL).plain()["key"]
        with (folder / CURVE).open(encoding="utf-8", newline="") as stream:
            errors = [row["error"] for row in csv.DictReader(stream)]
        reported = float(errors[(result.reported_epoch or result.epochs) - 1])
    except (SafetensorError, SpecError, OSError, LookupError, TypeError, ValueError) as error:
        raise DamagedCell(f"{folder}: is damaged: {error}") from None
    for name, key in keys.items():
        if key != result.key:
            raise DamagedCell(f"{folder / name}: is of cell {show(key)}, not of {result.key}")
    if len(errors) != result.epochs or reported != result.error:
        raise DamagedCell(
            f"{folder / CURVE}: ends at epoch {len(errors)} with an error of {reported} %, "
            f"{RESULT} says {result.epochs} and {result.error} %"
        )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _digest_of(document: Mapping[str, Any]) -> str:
    """Of the content, however it is written down."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
