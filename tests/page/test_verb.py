"""`report`: where the page is written, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import ablate
from ablate import page
from ablate.errors import RunFolderError, UsageError
from tests.page.conftest import told
from tests.page.test_html import OLD


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return shutil.copytree(OLD / "finished-design", tmp_path / "runs" / "finished-design")


def test_it_is_written_into_the_run_folder(run: Path) -> None:
    assert ablate.report(run) == run / "report.html"
    assert (run / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_out_is_a_file_or_a_folder(run: Path, tmp_path: Path) -> None:
    assert ablate.report(run, out=tmp_path / "a" / "mine.html").is_file()
    assert ablate.report(run, out=tmp_path) == tmp_path / "report.html"
    assert not (run / "report.html").exists()
    with pytest.raises(UsageError, match=r"--out: must be a folder, or a file that ends in .html"):
        ablate.report(run, out=tmp_path / "mine.pdf")


def test_several_need_a_place(run: Path, tmp_path: Path) -> None:
    other = shutil.copytree(OLD / "finished-search", tmp_path / "runs" / "finished-search")
    with pytest.raises(UsageError, match="--out: several runs have no folder of their own"):
        ablate.report(run, other)
    with pytest.raises(UsageError, match="finished-design: is given twice"):
        ablate.report(run, run / ".", out=tmp_path / "x.html")
    assert ablate.report(run, other, out=tmp_path / "both.html").is_file()


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="is not a run folder"):
        ablate.report(tmp_path)


def test_a_page_is_whole_or_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = page.written([told(tmp_path)])
    text = before.read_text(encoding="utf-8")

    def fail(self: Path, content: bytes) -> None:
        with self.open("wb") as file:
            file.write(content[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="No space left"):
        page.written([told(tmp_path / "again")], before)
    assert before.read_text(encoding="utf-8") == text
    assert not list(tmp_path.glob("*.tmp"))
