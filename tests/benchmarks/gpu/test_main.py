"""The command line of both calls."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.gpu import __main__ as command
from benchmarks.gpu.sizes import FULL, TINY, Sizes
from benchmarks.gpu.stages import Stages

Ran = list[tuple[Path, Path, Sizes]]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ran]:
    """What the first call was to run; this process adopts nobody."""
    found: Ran = []

    def first(stages: Stages, out: Path, keep: Path, sizes: Sizes, only: str) -> None:
        assert not only
        assert stages.environment["PYTHONPATH"].endswith(str(keep / "site"))
        found.append((out, keep, sizes))

    monkeypatch.setattr(command, "first", first)
    monkeypatch.setattr(command, "adopt_orphans", lambda: None)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    before = signal.getsignal(signal.SIGTERM)
    yield found
    signal.signal(signal.SIGTERM, before)


def test_where_everything_goes(tmp_path: Path, ran: Ran) -> None:
    out, keep = tmp_path / "out", tmp_path / "keep"
    command.main(["first", "--out", str(out), "--keep", str(keep), "--seconds", "9"])
    command.main(["first", "--out", str(out), "--keep", str(keep), "--tiny"])
    assert ran == [(out, keep, FULL), (out, keep, TINY)]
    first, second = (out / "log.txt").read_text(encoding="utf-8").splitlines()
    assert first.endswith(" s of 9") and second.endswith(" s of 360")


def test_images_that_lack_end_nothing(tmp_path: Path, ran: Ran) -> None:
    given = ["--out", str(tmp_path / "out"), "--keep", str(tmp_path / "keep")]
    command.main(["first", *given, "--images", str(tmp_path / "nowhere")])
    log = (tmp_path / "out" / "log.txt").read_text(encoding="utf-8")
    assert len(ran) == 1 and log.startswith("== images: ") and "nowhere" in log


def test_images_need_what_unpacks_them(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--images and --unpack go together"):
        command.main(["collect", str(tmp_path), "--images", str(tmp_path)])
