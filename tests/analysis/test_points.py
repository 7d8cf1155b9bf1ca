import pytest

from ablate.analysis import conditions, frame, holes_text, points
from ablate.analysis.points import require_done
from ablate.errors import HolesError
from ablate.text import point_text
from tests.made_results import made


def test_points_come_in_plan_order_with_only_their_own_settings(rows) -> None:
    table = rows(
        ("B", 0, 1.0, {"depth": 22}),
        ("B", 0, 1.0, {"depth": 10}),
        ("B", 1, 1.0, {"depth": 22}),
        ("A", 0, 1.0),
        sweep=("depth",),
    )
    found = [(point.variant, point.sweep, len(point.cells)) for point in points(table)]
    assert found == [("B", {"depth": 22}, 2), ("B", {"depth": 10}, 1), ("A", {}, 1)]


def test_maps_and_null_are_points_of_a_sweep(rows) -> None:
    values = [{"fraction": 0.5}, "dense", None]
    cells = [("A", 0, 1.0, {"connectivity": value}) for value in values]
    table = rows(*cells, sweep=("connectivity",))
    assert [point_text(point.variant, point.sweep) for point in points(table)] == [
        "A, connectivity fraction 0.5",
        "A, connectivity dense",
        "A, connectivity none",
    ]


def test_settings_are_spelled_in_words() -> None:
    assert point_text("BC", {"growth_rate": 12, "depth": 40}) == "BC, growth rate 12, depth 40"


def test_holes_are_counted_by_state(rows) -> None:
    table = rows(("A", 0, 1.0), ("A", 1, None, {"state": "oom"}), ("A", 2, None), ("B", 0, None))
    assert holes_text(table["state"]) == "2 waiting, 1 oom"


def test_conditions_name_what_the_done_cells_share(rows) -> None:
    table = rows(("A", 0, 1.0, {"data_note": "200 images"}), ("A", 1, 1.0, {"device": "H100"}))
    assert conditions(made(table)) == "40 epochs, cpu / H100, torch 2.11.0, 200 images"


def test_conditions_name_an_epoch_that_was_picked(rows) -> None:
    table = rows(("A", 0, 1.0))
    assert conditions(made(table, picks=True)).endswith(
        "torch 2.11.0, at the epoch of lowest validation error"
    )


def test_nothing_done_says_what_to_do(rows) -> None:
    with pytest.raises(HolesError, match=r"none of the study's 2 cells is done \(2 waiting\)"):
        require_done(rows(("A", 0, None), ("A", 1, None)))
    with pytest.raises(HolesError, match="has no cells"):
        require_done(frame([], []))
