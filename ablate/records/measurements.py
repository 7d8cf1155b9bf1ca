"""A row of measurements.csv, and the file: written anew as a whole whenever a row is added."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ablate.cells import hash_of
from ablate.errors import RunFolderError
from ablate.machine import write_text
from ablate.networks import Architecture
from ablate.records.folder import RunFolder
from ablate.study import load_study
from ablate.text import as_field, from_field


def network_key(architecture: Architecture, batch_size: int, precision: str) -> str:
    """16 hex digits: equal for equal networks at the same batch size and precision.

    The architecture is resolved.
    """
    return hash_of([architecture.network().canonical(), batch_size, precision])


@dataclass(frozen=True)
class Row:
    """A network in an implementation on a device. Bytes are of an fp32 step, as counted."""

    study: str
    profile: str
    network: str  # a `Subject`'s key
    variant: str
    sweep: Mapping[str, Any]
    implementation: str
    batch_size: int
    precision: str
    device: str
    threads: int
    torch: str
    ablate: str
    params: int | None = None
    macs: int | None = None  # per image
    saved_bytes: int | None = None
    peak_bytes: int | None = None
    step_seconds: float | None = None  # median of n rounds; its quartiles follow
    step_seconds_q1: float | None = None
    step_seconds_q3: float | None = None
    latency_seconds: float | None = None  # of one image in evaluation, likewise
    latency_seconds_q1: float | None = None
    latency_seconds_q3: float | None = None
    measured_peak_bytes: int | None = None  # of CUDA's allocator
    n: int | None = None  # rounds
    others: float | None = None  # share of the device that others had just before
    reason: str = ""  # why it was not measured

    @property
    def identity(self) -> tuple[object, ...]:
        """A row takes the place of another of the same identity."""
        return (self.network, self.implementation, *self.conditions)

    def document(self) -> dict[str, Any]:
        """A plain map; what is swept is a map in it."""
        return asdict(self)

    @property
    def conditions(self) -> tuple[object, ...]:
        """What must agree for two times to be compared."""
        return (self.device, self.threads, self.torch)


_WHOLE = (
    "batch_size",
    "threads",
    "params",
    "macs",
    "saved_bytes",
    "peak_bytes",
    "measured_peak_bytes",
    "n",
)
_REAL = (
    *(f"{name}_seconds{end}" for name in ("step", "latency") for end in ("", "_q1", "_q3")),
    "others",
)
_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(_WHOLE, int),
    **dict.fromkeys(_REAL, float),
}
_BEFORE = ("study", "profile", "network", "variant")  # the columns before what is swept


def write_rows(rows: Sequence[Row], path: Path) -> None:
    """Rows -> the file, whole. What some variant sweeps has a column of its own."""
    swept = list(dict.fromkeys(key for row in rows for key in row.sweep))
    fixed = [name for name in asdict(rows[0]) if name not in ("sweep", *_BEFORE)]
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_BEFORE, *swept, *fixed], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        plain = asdict(row)
        sweep = {key: _as_text(value) for key, value in plain.pop("sweep").items()}
        fields = {key: as_field(v) if isinstance(v, str) else v for key, v in plain.items()}
        writer.writerow({**fields, **sweep})
    write_text(path, text.getvalue())


def read_rows(path: Path) -> list[Row]:
    """The rows of a file, in the order they were measured; none where it is not there.

    Raises RunFolderError for a file that is no such table.
    """
    if not path.exists():
        return []
    mend = "remove it, and `ablate measure` makes it anew"
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = csv.DictReader(stream)
            columns = list(lines.fieldnames or ())
            first, last = columns.index("variant") + 1, columns.index("implementation")
            return [_read(line, columns[first:last]) for line in lines]
    except IsADirectoryError:
        raise RunFolderError(f"{path}: is a folder, not a file; {mend}") from None
    except (ValueError, TypeError, csv.Error) as error:
        raise RunFolderError(f"{path}: is damaged: {error}; {mend}") from None


def newest_of(rows: Iterable[Row]) -> dict[str, Row]:
    """Network -> the row that was measured last, of those with a time."""
    return {row.network: row for row in rows if row.step_seconds is not None}


def _read(line: Mapping[str, str], swept: Sequence[str]) -> Row:
    sweep = {key: _as_value(line[key]) for key in swept if line[key]}
    values = {key: _READERS.get(key, from_field)(text) for key, text in line.items() if text}
    return Row(
        **{"profile": "", "sweep": sweep}
        | {key: value for key, value in values.items() if key not in swept}
    )


def _as_text(value: Any) -> str:
    """JSON, but names as they are, and nothing as a word: an empty field is not swept at all."""
    return as_field(value) if isinstance(value, str) else json.dumps(value)


def _as_value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return from_field(text)


def head_of(folder: RunFolder) -> dict[str, Any]:
    """What tables and figures need to know of a folder that `prepare` made. Raises SpecError."""
    study = load_study(folder.study)
    profiles = {row.profile for row in read_rows(folder.measurements)}
    return {
        "study": study.name,
        "profile": profiles.pop() if len(profiles) == 1 else "",
        "question": study.file.question,
        "published": study.file.published,
        "subject": study.file.data.subject,
        "sweep_keys": list(study.sweep_keys),
    }
