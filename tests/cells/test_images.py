"""Whether cells are of the same images."""

from __future__ import annotations

from typing import Any

from ablate.cells import OF_ANOTHER_CELL, data_notes, images_note


def row(sha256: str | None, **more: Any) -> dict[str, Any]:
    """A cell of a run, as far as it tells of images."""
    return {"state": "done", "reason": "", "data_sha256": sha256, "data_note": None, **more}


def test_cells_of_the_same_images_need_no_note() -> None:
    assert images_note([row("aa"), row("aa"), row("bb", state="failed")]) == ""
    assert images_note([row(None), row(None)]) == ""  # of before, which says nothing


def test_cells_of_different_copies() -> None:
    expected = (
        "cells of different copies of the images (2 of content aa and 1 of content bb) do not"
    )
    assert images_note([row("aa"), row("bb"), row("aa")]) == f"{expected} compare"


def test_cells_that_do_not_count() -> None:
    lost = row(None, state="failed", reason=f"{OF_ANOTHER_CELL}, ab")
    assert images_note([row("aa"), lost]).startswith(
        "1 cells do not count: their images had changed when"
    )


def test_a_note_of_done_cells_is_told_once() -> None:
    said = [row("aa", data_note=note) for note in ("b", "a", "b", None)]
    assert data_notes([*said, row("aa", state="failed", data_note="c")]) == ["b", "a"]
