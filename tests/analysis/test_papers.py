from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ablate
from ablate.analysis import (
    Results,
    beside_published,
    frontier_data,
    means,
    papers,
    published_points,
)
from ablate.analysis.papers import published
from ablate.cells import PUBLISHED, published_names
from ablate.errors import UsageError
from tests.made_results import made

OF_BC = {"family": "densenet", "bottleneck_width": 4, "compression": 0.5}
NETWORKS: tuple[tuple[str, int | None, int | None, dict[str, Any]], ...] = (
    ("Network in Network", None, None, {"family": "nin"}),
    ("All-CNN", None, None, {"family": "all_cnn"}),
    ("Deeply Supervised Net", None, None, {"family": "dsn"}),
    ("Highway Network", None, None, {"family": "highway"}),
    ("FractalNet with Dropout/Drop-path", 21, None, {"family": "fractalnet"}),
    ("ResNet", 110, None, {"family": "resnet"}),
    ("ResNet (pre-activation)", 164, None, {"family": "resnet_preact", "depth": 164}),
    ("DenseNet", 40, 12, {"family": "densenet", "depth": 40, "growth_rate": 12}),
    ("DenseNet-BC", 100, 12, {**OF_BC, "depth": 100, "growth_rate": 12}),
)
BC, PLAIN = 769_162, 1_019_722  # parameters of DenseNet-BC 100-12 and DenseNet 40-12 on CIFAR-10


def named(table: pd.DataFrame, name: str = "table2", subject: str = "C10+", **head: Any) -> Results:
    return made(table, subject, published=name, baseline="A", **head)


def beside(results: Results) -> tuple[pd.DataFrame, str]:
    return beside_published(means(results.cells), results)


def row(variant: str, params: int, error: float = 5.0, **other: Any) -> tuple[Any, ...]:
    return variant, 0, error, {"params": params, **other}


def matched(rows: Any, *cells: tuple[Any, ...], name: str = "table2") -> list[str | None]:
    """The published network beside each variant."""
    results = named(rows(*cells), name)
    found = papers.published_of(results)
    indices = papers.counterparts(means(results.cells), found)
    return [None if i is None else str(found["name"][i]) for i in indices]


@pytest.mark.parametrize("name", published_names("train"))
def test_every_set_has_numbers_on_each_of_its_data_with_their_sources(name: str) -> None:
    found = published(name)
    assert set(found["data"]) == set(PUBLISHED[name].subjects)
    assert found[["network", "split", "error", "source"]].notna().all(axis=None)
    assert found["error"].between(1, 50).all()


def test_every_file_is_a_set_or_of_the_memory_figure() -> None:
    files = {path.stem for path in Path(papers.__file__).with_name("published").glob("*.csv")}
    assert files == {*published_names("train"), "fig5_memory", "fig5_time"}


def test_table_2_by_hand() -> None:
    found = published("table2")
    bc = found[found["network"].eq("DenseNet-BC") & found["depth"].eq(100)]
    assert dict(zip(bc["data"], bc["error"], strict=True)) == {
        "C10": 5.92, "C10+": 4.51, "C100": 24.15, "C100+": 22.27, "SVHN": 1.76,
    }  # fmt: skip
    assert bc["params"].eq(800_000).all() and bc["epochs"].tolist() == [300, 300, 300, 300, 40]
    by_authors = found[found["source"].str.contains("run by the DenseNet authors")]
    assert by_authors["error"].tolist() == [11.26, 35.58, 10.56, 33.47]


@pytest.mark.parametrize("classes", [10, 100])
@pytest.mark.heavy
def test_what_is_counted_is_what_is_built(classes: int) -> None:
    found = published("table2")
    subjects = ("C100", "C100+") if classes == 100 else ("C10", "C10+", "SVHN")
    found = found[found["data"].isin(subjects)]
    for name, depth, growth, settings in NETWORKS:
        own = found[found["network"].eq(name)]
        own = own if depth is None else own[own["depth"].eq(depth)]
        own = own if growth is None else own[own["growth_rate"].eq(growth)]
        fitted = ablate.architecture(**settings).resolve(
            in_channels=3, classes=classes, image_size=32, dropout=0.0
        )
        module = ablate.build(fitted, device="meta")
        assert set(own["counted"]) == {sum(p.numel() for p in module.parameters())}, name


def test_the_same_network_has_the_same_count_and_a_name_that_fits(rows) -> None:
    assert matched(rows, row("DenseNet-BC", BC), row("DenseNet-BC 100-12, k = 12", BC)) == [
        "DenseNet-BC 100-12",
        "DenseNet-BC 100-12",
    ]
    assert matched(rows, row("DenseNet-BC", BC - 1), row("adamw", BC), row("A", BC)) == [None] * 3
    assert matched(rows, ("DenseNet-BC", 0, None)) == [None]


def test_networks_of_equal_counts_are_told_apart_by_their_names(rows) -> None:
    cells = [
        row("ResNet 110", 1_727_962),
        row("ResNet 110 with stochastic depth", 1_727_962),
        row("FractalNet", 33_724_618),
        row("FractalNet with dropout and drop-path", 33_724_618),
        row("ResNet", 1_703_258),
    ]
    assert matched(rows, *cells) == [
        "ResNet 110",
        "ResNet with Stochastic Depth 110",
        "FractalNet 21",
        "FractalNet with Dropout/Drop-path 21",
        "ResNet (pre-activation) 164",
    ]
    of_ten = [row("pre-activation", BC), row("post-activation", 751_498)]
    assert matched(rows, *of_ten, name="fig10") == [
        "DenseNet-BC pre-activation 100-12",
        "DenseNet-BC post-activation 100-12",
    ]


def test_points_are_on_the_axes_that_were_printed(rows) -> None:
    table = named(rows(row("other", 5000, macs=2000)))
    points = published_points(table, "params").set_index("name")
    assert points.loc["Wide ResNet 28", "cost"] == 36_500_000
    assert "All-CNN" not in points.index and points["row"].isna().all()
    assert published_points(table, "macs").empty and published_points(table, "peak_bytes").empty
    imagenet = named(rows(row("other", 5000)), "fig3", "ImageNet")
    flops, macs = (published_points(imagenet, cost).set_index("name") for cost in ("flops", "macs"))
    assert flops.loc["DenseNet-121", "cost"] == 5.69e9 == 2 * macs.loc["DenseNet-121", "cost"]
    assert set(flops["split"]) == {"validation, single crop"}


def test_a_network_of_ours_lends_its_count_to_the_published_one(rows) -> None:
    table = named(rows(row("x", 9), row("DenseNet-BC", BC, macs=7), row("All-CNN", 1_369_738)))
    points = published_points(table, "params").set_index("name")
    assert points.loc["DenseNet-BC 100-12", ["cost", "error", "row"]].tolist() == [BC, 4.51, 1]
    assert points.loc["All-CNN", ["cost", "row"]].tolist() == [1_369_738, 2]
    assert frontier_data(table.cells)["variant"][1] == "DenseNet-BC"
    assert published_points(table, "macs")["cost"].tolist() == [2000, 7]
    assert published_points(table, "train_seconds").empty


def test_they_never_enter_our_means_or_front(rows) -> None:
    cells = [row("DenseNet-BC", BC, 9.0), row("B", 10 * BC, 8.0)]
    plain = rows(*cells)
    beside_theirs = named(rows(*cells)).cells
    pd.testing.assert_frame_equal(frontier_data(plain), frontier_data(beside_theirs))
    assert published_points(made(plain), "params").empty


def test_differences_beside_ours(rows) -> None:
    cells = [("DenseNet", 0, 6.0, {"params": PLAIN}), ("DenseNet", 1, 7.0, {"params": PLAIN})]
    table = named(rows(*cells, row("A", 5)))
    found, note = beside(table)
    first, other = found.to_dict("records")
    assert (first["published"], first["published_network"]) == (5.24, "DenseNet 40-12")
    assert first["published_difference"] == pytest.approx(6.5 - 5.24)
    assert (first["published_split"], first["published_epochs"]) == ("test", 300)
    assert first["published_source"] == "CVPR 2017 Table 2"
    assert all(pd.isna(other[key]) for key in other if str(key).startswith("published"))
    assert note == (
        "published: test error, epochs 300 (CVPR 2017 Table 2); ours: validation error, epochs 40"
    )


def test_an_epoch_that_was_picked_is_said(rows) -> None:
    table = named(rows(row("A", BC), row("DenseNet", PLAIN)), picks=True)
    _, note = beside(table)
    assert note.endswith("epochs 40, at the epoch of lowest validation error")


def test_notes_where_the_table_is_silent(rows) -> None:
    table = named(rows(row("FractalNet", 33_724_618), row("A", BC)))
    _, note = beside(table)
    assert note.startswith("published: test error, epochs as in each network's own paper (CVPR")
    table = named(rows(row("DenseNet", PLAIN), row("FractalNet", 33_724_618), row("A", BC)))
    _, note = beside(table)
    assert "epochs 300 or as in each network's own paper" in note
    table = named(rows(row("A", 5)))
    _, note = beside(table)
    assert note == "no row has a network of CVPR 2017 Table 2 on C10+"


def test_a_study_that_names_none(rows) -> None:
    table = rows(row("A", BC))
    with pytest.raises(UsageError, match="one of table2, fig3, fig10, and `ablate run` it again"):
        beside(made(table))
