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

from ablate.cells.cell import read_cell_architecture
from ablate.cells.files import CELL, CURVE, KEPT, RESULT, WEIGHTS, digest_of, is_as_signed
from ablate.cells.predictions import PREDICTIONS, Predictions, read_predictions
from ablate.errors import DamagedCell, Fault, LaterFormat, UsageError
from ablate.networks import Network
from ablate.text import Frozen, Positive, Real, Text, from_plain, read_file, show, validate

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
    reported_epoch: Positive | None = None
    """None: the last."""
    error: Percent
    loss: NotNegativeReal
    """Nats."""
    train_seconds: NotNegativeReal
    device: Text
    torch: Text
    ablate: Text
    data_sha256: Text
    split_sha256: Text
    data_note: Text
    normalisation: _Normalisation
    execution: dict[str, Any]
    files: dict[str, str] = Field(default_factory=dict)
    """SHA-256 by name."""
    sha256: Text = ""
    """Of all of the above."""


def signed(result: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A result with its format, the digests of the files of `folder`, and one of itself."""
    files = {name: _digest(folder / name) for name in (*KEPT, PREDICTIONS)}
    whole = {"format": FORMAT, **result, "files": files}
    return {**whole, "sha256": digest_of(whole)}


def read_finished(folder: Path, key: str) -> dict[str, Any] | None:
    """The result of the finished cell `key` in its folder; None of a cell that is not finished.

    Raises DamagedCell for files that do not go together: a result that is not whole, that is of
    another cell, or whose files are missing or others than it was written with.
    """
    found = _read_result(folder, key)
    if found is None:
        return None
    names = [*KEPT, *([PREDICTIONS] if PREDICTIONS in found.get("files", ()) else [])]
    if missing := [name for name in names if not (folder / name).is_file()]:
        lost = "it" if len(missing) == 1 else "them"
        raise DamagedCell(f"{folder}: {', '.join(missing)} missing; the run folder has lost {lost}")
    _check(folder, found, names)
    predictions = read_predictions(folder, key) if PREDICTIONS in names else None
    if predictions and predictions.error != found["error"]:
        raise DamagedCell(
            f"{folder / PREDICTIONS}: {predictions.error} % are wrong, {RESULT} says "
            f"{found['error']} %"
        )
    return found


def check_files(folder: Path, key: str, *names: str) -> None:
    """Raise DamagedCell for files of the cell `key` that its result was not written with.

    For who shows a few of them: reading every weight for a curve takes long. Files that are missing
    are passed over, and so are all of a cell without a result, which nothing vouches for.
    """
    if (found := _read_result(folder, key)) is not None:
        _check(folder, found, [name for name in names if (folder / name).is_file()])


def kept_predictions(folder: Path, key: str) -> Predictions | None:
    """What a cell answered, as its result vouches for; None where a version kept none.

    Raises DamagedCell.
    """
    check_files(folder, key, PREDICTIONS)
    return read_predictions(folder, key)


def cell_network(folder: Path, key: str) -> Network:
    """A cell's network, as its cell.yaml says. Raises DamagedCell."""
    check_files(folder, key, CELL)
    try:
        return read_cell_architecture(read_file(folder / CELL)).network()
    except UsageError as error:  # of a cell without digests
        raise DamagedCell(str(error)) from None


def check_format(result: object, path: Path) -> None:
    """Raise LaterFormat for a result that a later version wrote."""
    if isinstance(result, Mapping):
        LaterFormat.check(result.get("format"), FORMAT, path)


def has_digests(result: Mapping[str, Any]) -> bool:
    """Whether anything vouches that a cell's files are those that it was finished with."""
    return bool(result.get("files"))


def check_weights(folder: Path, result: Mapping[str, Any]) -> None:
    """Raise DamagedCell for weights that are not those that `result` was written with.

    LaterFormat for a result of a later version.
    """
    check_format(result, folder / RESULT)
    if has_digests(result) and _digest(folder / WEIGHTS) != result["files"].get(WEIGHTS):
        raise DamagedCell(f"{folder / WEIGHTS}: is not what {RESULT} was written with")


def _read_result(folder: Path, key: str) -> dict[str, Any] | None:
    """What `result.json` says; None where there is none. Raises DamagedCell."""
    path = folder / RESULT
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedCell(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:  # UnicodeDecodeError is one
        raise DamagedCell(f"{path}: is damaged: {error}") from None
    check_format(found, path)
    faults: list[Fault] = []
    result = validate(_Result, from_plain(found, str(path)), (), faults)
    if result is None:
        raise DamagedCell("\n".join(map(str, faults)))
    if result.key != key:
        raise DamagedCell(f"{path}: is of cell {show(result.key)}, not of {key}")
    whole: dict[str, Any] = found
    if not is_as_signed(whole):
        raise DamagedCell(f"{path}: was changed after it was written")
    return whole


def _check(folder: Path, found: Mapping[str, Any], names: Sequence[str]) -> None:
    if found.get("format", 1) == 1:
        _check_without_digests(folder, found, names)
        return
    for name in names:
        if _digest(folder / name) != found.get("files", {}).get(name):
            raise DamagedCell(f"{folder / name}: is not what {RESULT} was written with")


def _check_without_digests(folder: Path, found: Mapping[str, Any], names: Sequence[str]) -> None:
    """What can be said all the same: every file names its cell, and the curve its error."""
    from safetensors import SafetensorError

    for name in names:
        path = folder / name
        try:
            if name == CURVE:
                _check_curve(path, found)
            elif (key := _KEY_IN[name](path)) != found["key"]:
                raise DamagedCell(f"{path}: is of cell {show(key)}, not of {found['key']}")
        except UsageError as error:  # names the file
            raise DamagedCell(f"{folder}: is damaged: {error}") from None
        except (SafetensorError, OSError, LookupError, TypeError, ValueError) as error:
            raise DamagedCell(f"{path}: is damaged: {error}") from None


def _check_curve(path: Path, found: Mapping[str, Any]) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        errors = [row["error"] for row in csv.DictReader(stream)]
    reported = float(errors[(found.get("reported_epoch") or found["epochs"]) - 1])
    if len(errors) != found["epochs"] or reported != found["error"]:
        raise DamagedCell(
            f"{path}: ends at epoch {len(errors)} with an error of {reported} %, "
            f"{RESULT} says {found['epochs']} and {found['error']} %"
        )


def _key_in_cell(path: Path) -> Any:
    key = read_file(path).get("key")
    return key.plain() if key else None


def _key_in_tensors(path: Path) -> Any:
    from safetensors import safe_open

    with safe_open(path, "numpy") as stored:
        return (stored.metadata() or {}).get("key")


_KEY_IN = {CELL: _key_in_cell, WEIGHTS: _key_in_tensors, PREDICTIONS: _key_in_tensors}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
