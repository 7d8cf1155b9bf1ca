"""Whether cells are of the same images."""

from __future__ import annotations

from ablate.analysis import images_note
from ablate.cells import OF_ANOTHER_CELL


def test_cells_of_the_same_images_need_no_note(rows) -> None:
    same = {"data_sha256": "aa"}
    table = rows(("A", 0, 5.0, same), ("A", 1, 6.0, same), ("B", 0, None, {"data_sha256": "bb"}))
    assert images_note(table) == ""
    assert images_note(rows(("A", 0, 5.0), ("A", 1, 6.0))) == ""  # of before, which says nothing


def test_cells_of_different_copies(rows) -> None:
    table = rows(*(("A", n, 5.0, {"data_sha256": s}) for n, s in enumerate(["aa", "bb", "aa"])))
    expected = (
        "cells of different copies of the images (2 of content aa and 1 of content bb) do not"
    )
    assert images_note(table) == f"{expected} compare"


def test_cells_that_do_not_count(rows) -> None:
    table = rows(("A", 0, 5.0), ("A", 1, None, {"reason": f"{OF_ANOTHER_CELL}, ab"}))
    assert images_note(table).startswith("1 cells do not count: their images had changed when")
