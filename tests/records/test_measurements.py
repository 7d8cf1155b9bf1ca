"""The file of measurements, written and read back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ablate.errors import RunFolderError
from ablate.records import Row, read_rows, write_rows
from ablate.records.measurements import newest_of

ROW = Row(
    study="s",
    profile="",
    network="0" * 16,
    variant="A, B",
    sweep={"depth": 40},
    implementation="ablate-fast",
    batch_size=64,
    precision="fp32",
    device="cpu AVX2",
    threads=2,
    torch="2.11.0",
    ablate="0.1.0",
)
TIMED = replace(ROW, params=10, step_seconds=0.25, n=3, others=0.0, measured_peak_bytes=2**40)


@pytest.mark.parametrize(
    "sweep",
    [
        {},
        {"depth": 40, "compression": 0.5},
        {"connectivity": "dense"},
        {"connectivity": {"fraction": 0.5}, "bottleneck_width": None},
        {"gate_bias": -2.0, "name": "=1+1"},
    ],
)
def test_rows_are_read_back_as_they_were(tmp_path: Path, sweep) -> None:
    rows = [replace(TIMED, sweep=sweep), replace(ROW, reason="no, it cannot", profile="cpu")]
    write_rows(rows, tmp_path / "m.csv")
    assert read_rows(tmp_path / "m.csv") == rows


def test_a_name_is_no_formula(tmp_path: Path) -> None:
    rows = [replace(TIMED, variant="=1+1", sweep={"gate_bias": -2.0}), replace(ROW, variant="'a'")]
    write_rows(rows, tmp_path / "m.csv")
    _, first, second = (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines()
    assert ",'=1+1,-2.0," in first and ",''a',," in second
    assert read_rows(tmp_path / "m.csv") == rows


def test_what_is_swept_stands_between_variant_and_implementation(tmp_path: Path) -> None:
    write_rows([TIMED, replace(ROW, sweep={"growth_rate": 4})], tmp_path / "m.csv")
    head, first, second = (tmp_path / "m.csv").read_text(encoding="utf-8").splitlines()
    start = "study,profile,network,variant,depth,growth_rate,implementation,"
    assert head.startswith(start)
    assert '"A, B",40,,ablate-fast' in first and '"A, B",,4,ablate-fast' in second


def test_no_file_has_no_rows(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "m.csv") == []


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "variant,implementation,params\nA,x,many\n"])
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    with pytest.raises(RunFolderError, match=r"m\.csv: is damaged: "):
        read_rows(tmp_path / "m.csv")


def test_the_newest_row_is_the_last_with_a_time() -> None:
    again = replace(TIMED, step_seconds=0.5)
    other = replace(TIMED, network="1" * 16)
    assert newest_of([TIMED, other, again, ROW]) == {"0" * 16: again, "1" * 16: other}


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"n": 9, "reason": "?", "ablate": "0.2.0", "variant": "C"}, True),
        ({"network": "2" * 16}, False),
        ({"implementation": "timm"}, False),
        ({"device": "cpu AVX512"}, False),
        ({"threads": 1}, False),
        ({"torch": "2.12.0"}, False),
    ],
)
def test_a_row_is_known_by_what_is_measured_where(change, same: bool) -> None:
    assert (replace(ROW, **change).identity == ROW.identity) is same
