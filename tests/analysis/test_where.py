import pytest

from ablate.analysis.choose import best, where
from ablate.errors import HolesError, UsageError
from tests.made_up_search import search


@pytest.fixture
def table(rows):
    return rows(
        ("A", 0, 6.0, {"params": 400_000, "depth": 22}),
        ("A", 1, 8.0, {"params": 400_000, "depth": 22}),
        ("A", 0, 5.0, {"params": 600_000, "depth": 40}),
        ("A", 1, None, {"depth": 40}),
        ("B", 0, 9.0, {"params": 500_000}),
        ("B", 1, 9.0, {"params": 500_000}),
        ("C", 0, None, {}),
        sweep=("depth",),
    )


@pytest.mark.parametrize(
    ("conditions", "keys"),
    [
        ([], ["A-22-0", "A-22-1", "A-40-0", "A-40-1", "B-0", "B-1", "C-0"]),
        (["params <= 0.5M"], ["A-22-0", "A-22-1", "B-0", "B-1"]),
        (["params<0.5M"], ["A-22-0", "A-22-1"]),
        (["params >= 500k and error < 6"], ["A-40-0", "A-40-1"]),
        (["params >= 500k", "error < 6"], ["A-40-0", "A-40-1"]),
        (["error == 7"], ["A-22-0", "A-22-1"]),  # the mean
        (["depth == 22"], ["A-22-0", "A-22-1"]),
        (["depth != 22"], ["A-40-0", "A-40-1"]),  # B has no depth to differ in
        (["train_seconds > 1 and depth > 22"], ["A-40-0", "A-40-1"]),
    ],
)
def test_conditions_keep_whole_points(table, conditions, keys) -> None:
    assert where(table, conditions)["key"].tolist() == keys


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("params", "must look like 'params <= 0.5M', with >= <= > < == !=, got 'params'"),
        ("params = 5", "must look like"),
        ("parms <= 5", "unknown metric or swept setting `parms`. Did you mean `params`?"),
        ("dept <= 5", "Did you mean `depth`?"),
        ("params <= much", "params: must be a number, maybe with k, M, G or T"),
        ("params <= 5MB", "params: is no number of bytes, got '5MB'"),
        ("depth <= deep", "depth: must compare with a number"),
        ("params <= 1 or error < 5", "params: must be a number, maybe with"),
    ],
)
def test_conditions_that_cannot_be_read(table, condition, message) -> None:
    with pytest.raises(UsageError) as caught:
        where(table, [condition])
    assert str(caught.value).startswith("where: ")
    assert message in str(caught.value)


def test_every_fault_is_told(table) -> None:
    with pytest.raises(UsageError, match=r"where: .*`x`.*\nwhere: .*`y`"):
        where(table, ["x < 1 and params < 1M", "y < 1"])


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (
            ["params <= 100k"],
            "where: params <= 100000: met by none of the 3 finished points; "
            "the nearest has 400000: A, depth 22",
        ),
        (
            ["params <= 0.5M", "error < 6.5"],
            "where: error < 6.5: met by none of the 2 finished points with params <= 500000; "
            "the nearest has 7: A, depth 22",
        ),
        (
            ["peak_bytes < 1GiB"],
            "where: peak_bytes < 1073741824: met by none of the 3 finished points; "
            "it is known of none",
        ),
        (
            ["depth == deep"],
            "where: depth == 'deep': met by none of the 3 finished points; there are 22, 40",
        ),
    ],
)
def test_what_nothing_meets_is_told_with_the_nearest(table, conditions, message) -> None:
    with pytest.raises(UsageError) as caught:
        where(table, conditions)
    assert str(caught.value) == message


def test_nothing_done(rows) -> None:
    with pytest.raises(HolesError):
        where(rows(("A", 0, None)), ["params < 1M"])


def test_errors_of_the_test_set_choose_nothing(rows) -> None:
    table = rows(("A", 0, 5.0, {"split": "test"}), ("B", 0, 6.0, {"split": "test"}))
    with pytest.raises(UsageError, match=r"error < 5\.5: refused, as it is of the test set"):
        where(table, ["error < 5.5"])
    assert len(where(table, ["params <= 1000"])) == 2


def test_the_points_of_a_search() -> None:
    table = search().cells
    small = where(table, ["params <= 50k", "dropout == null", "recipe.lr >= 0.01"])
    assert small["state"].eq("done").all() and small["params"].max() <= 50_000
    assert small["dropout"].isna().all()
    done = table[table["state"].eq("done") & table["params"].le(50_000) & table["dropout"].isna()]
    expected = done[done["recipe.lr"].ge(0.01)]
    assert small["key"].tolist() == expected["key"].tolist()
    assert best(small).keys == (expected.sort_values("error", kind="stable")["key"].iloc[0],)
